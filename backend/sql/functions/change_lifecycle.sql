-- Does what a notice asks for: about an issue, a repository (issue 0) or the account (the nil repository); a page of it, or the
-- next page of the rest of it. The tenant is set.
create function change_lifecycle(
    p_account uuid, p_repository_id uuid, p_issue integer, p_change lifecycle_change, p_by write_by, p_cursor jsonb
)
returns lifecycle_result
language plpgsql as $$
declare
    c_page    constant integer := 500;
    c_nil     constant uuid := uuid '00000000-0000-0000-0000-000000000000';
    v_scope   constant text := case when p_issue > 0 then 'issue' when p_repository_id <> c_nil then 'repository'
                                    else 'account' end;
    v_change  lifecycle_change := p_change;
    v_id      uuid;
    v_newest  record;
    v_now     timestamptz;
    v_ordering text;
    v_grace   interval;
    v_row     record;
    v_effect    text;
    v_rows    integer := 0;
    v_last    jsonb;
    v_closing uuid[] := array[]::uuid[];
    v_own     uuid[] := array[]::uuid[];
    v_back    uuid[] := array[]::uuid[];
    v_doomed  uuid[] := array[]::uuid[];
    v_result  lifecycle_result := (array[]::text[], 0, 0, null::jsonb);
begin
    -- From here on nobody else says anything about the same.
    v_id := lock_notices(p_account => p_account, p_repository_id => p_repository_id, p_issue => p_issue);
    select l.closed, l.at, l.as_of into v_newest from lifecycle l
     where l.forge_account_id = p_account and l.repository_id = v_id and l.issue_number = p_issue;
    v_now := clock_timestamp();
    -- Without a time, or with one ahead of this clock, it is said now, after everything else that was said, whosever clock
    -- that came from.
    if v_change.at is null or v_change.at > v_now then
        v_change.at := case when v_newest.at >= v_now then v_newest.at + interval '1 microsecond' else v_now end;
    end if;
    v_ordering := lifecycle_ordering(
        p_closed => v_change.closed, p_at => v_change.at, p_as_of => v_change.as_of,
        p_newest_closed => v_newest.closed, p_newest_at => v_newest.at, p_newest_as_of => v_newest.as_of);
    if v_ordering = 'newer' and not v_change.dry_run then
        insert into lifecycle as l (forge_account_id, repository_id, issue_number, closed, at, as_of)
        values (p_account, v_id, p_issue, v_change.closed, v_change.at, v_change.as_of)
        on conflict (forge_account_id, repository_id, issue_number)
        do update set closed = excluded.closed, at = excluded.at, as_of = greatest(l.as_of, excluded.as_of);
    end if;
    -- The rest of one stands as it stood when it began, unless a newer one came since.
    if v_ordering <> 'stale' and p_cursor is not null then
        v_ordering := p_cursor ->> 'ordering';
    end if;
    v_grace := coalesce((select a.grace from forge_account a where a.id = p_account),
                        make_interval(secs => v_change.grace_seconds));
    for v_row in
        select d.* from documents_of(p_account => p_account, p_repository_id => v_id, p_issue => p_issue,
                                     p_after => p_cursor -> 'after', p_limit => c_page) d
    loop
        v_rows := v_rows + 1;
        v_last := jsonb_build_object('repository_id', v_row.repository_id, 'issue_number', v_row.issue_number,
                                     'phase', v_row.phase);
        v_effect := case when is_over(v_row.purge_at, v_row.expires_at) then 'stays' else lifecycle_effect(
            p_closed => v_change.closed, p_at => v_change.at, p_ordering => v_ordering, p_scope => v_scope,
            p_closed_by => v_row.closed_by, p_last_stored_at => v_row.last_stored_at) end;
        if v_effect = 'closes' then
            v_closing := v_closing || v_row.id;
        elsif v_effect = 'closes_on_its_own' then
            v_own := v_own || v_row.id;
        elsif v_effect = 'returns' then
            v_back := v_back || v_row.id;
        end if;
        if v_change.closed and ((v_change.purge and (v_row.closed_by is not null or v_effect = 'closes'))
                                or (v_effect = 'closes' and v_grace = interval '0')) then
            v_doomed := v_doomed || v_row.id;
        end if;
        if v_effect in ('closes', 'returns') or v_row.id = any (v_doomed) then
            v_result.affected := v_result.affected || v_row.phase::text;
        end if;
    end loop;
    v_result.closed := cardinality(v_closing) + cardinality(v_own);
    v_result.restored := cardinality(v_back);
    if v_rows = c_page and v_ordering <> 'stale' then
        v_result.cursor := jsonb_build_object('ordering', v_ordering, 'after', v_last);
    end if;
    if v_change.dry_run then
        return v_result;
    end if;
    perform record_events(p_ids => v_back, p_kind => 'restored', p_by => p_by);
    update phase_data set deleted_at = null, purge_at = null, closed_by = null where id = any (v_back);
    perform record_events(p_ids => v_closing, p_kind => 'deleted', p_by => p_by);
    -- Rows that are already hidden keep the end of their grace period.
    update phase_data d
       set deleted_at = coalesce(d.deleted_at, clock_timestamp()), closed_by = v_scope,
           purge_at = coalesce(d.purge_at, clock_timestamp() + v_grace)
     where d.id = any (v_closing || v_own);
    perform record_events(p_ids => v_doomed, p_kind => 'purged', p_by => p_by);
    delete from phase_data where id = any (v_doomed);
    if v_change.purge and v_change.closed and v_scope = 'issue' and v_ordering <> 'stale' then
        perform purge_claims(p_account => p_account, p_repository_id => v_id, p_issue => p_issue, p_at => v_change.at,
                             p_by => p_by);
    end if;
    return v_result;
end
$$;
