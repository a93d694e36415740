-- The issues of a repository that have live data, or with p_closed hidden data that can be brought back: a page of
-- them, each with its phases as JSON and without any document. Filters that are null do not filter. By number, a page
-- reads its own rows and few more: they lie in the order of the index. By time, the newest first, all of the
-- repository's rows are looked at. Of what is hidden it is told since when the issue is known to be closed, and until
-- when all of it can be brought back.
create function list_issues(
    p_account uuid, p_repository text, p_repository_id bigint, p_closed boolean, p_pending phase, p_phase phase,
    p_stale_for text, p_by_time boolean, p_after_issue integer, p_after_time timestamptz, p_limit integer
)
returns table (
    issue_number integer, updated_at timestamptz, phases jsonb, closed_at timestamptz, kept_until timestamptz
)
language plpgsql as $$
declare
    v_key    text;
    -- What comes before the phase that is pending.
    v_before phase := case p_pending when 'validate' then 'scan' when 'mitigate' then 'validate' end;
begin
    perform set_config('phase_data.account', p_account::text, true);
    v_key := repository_key(p_account, p_repository, p_repository_id);
    if p_by_time then
        return query
            select i.* from (
                select d.issue_number, max(d.updated_at) as updated_at,
                       jsonb_agg(phase_facts(d) order by d.phase) as phases,
                       case when p_closed then coalesce(closed_since(p_account, v_key, d.issue_number),
                                                        min(d.deleted_at)) end,
                       case when p_closed then min(least(d.purge_at, d.expires_at)) end
                  from phase_data d
                 where d.forge_account_id = p_account and d.repository = v_key
                   and case when p_closed then can_return(d) else is_live(d) end
                 group by d.issue_number
                having (p_pending is null or (bool_or(d.phase = v_before) and not bool_or(d.phase = p_pending)))
                   and (p_phase is null or bool_or(d.phase = p_phase))
                   and (p_stale_for is null or bool_or(d.commit_sha is distinct from p_stale_for))
            ) i
             where p_after_time is null or (i.updated_at, i.issue_number) < (p_after_time, p_after_issue)
             order by i.updated_at desc, i.issue_number desc limit p_limit;
    else
        return query
            select d.issue_number, max(d.updated_at), jsonb_agg(phase_facts(d) order by d.phase),
                   case when p_closed then coalesce(closed_since(p_account, v_key, d.issue_number),
                                                    min(d.deleted_at)) end,
                   case when p_closed then min(least(d.purge_at, d.expires_at)) end
              from phase_data d
             where d.forge_account_id = p_account and d.repository = v_key
               and case when p_closed then can_return(d) else is_live(d) end
               and d.issue_number > coalesce(p_after_issue, 0)
             group by d.issue_number
            having (p_pending is null or (bool_or(d.phase = v_before) and not bool_or(d.phase = p_pending)))
               and (p_phase is null or bool_or(d.phase = p_phase))
               and (p_stale_for is null or bool_or(d.commit_sha is distinct from p_stale_for))
             order by d.issue_number limit p_limit;
    end if;
end
$$;
