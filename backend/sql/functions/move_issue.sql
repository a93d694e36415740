-- Takes an issue's data along to where the issue went, what is hidden, too. What was stored there already stays:
-- it is newer, also if it was hidden since. Revisions go on counting, so that an entity tag never names two contents. Answers how many documents
-- moved, and where to: to where the issue went on, if that was told before, and p_confirmed does not say that it is
-- there now. With p_dry_run it changes nothing. The tenant is set.
create function move_issue(
    p_account uuid, p_key text, p_issue integer, p_confirmed boolean, p_dry_run boolean, p_actor jsonb,
    p_request_id text, inout to_key text, inout to_issue integer, out moved integer
)
language plpgsql as $$
declare
    v_row      record;
    v_there    record;
    v_revision bigint;
begin
    moved := 0;
    if not p_confirmed then
        select f.to_key, f.to_issue into to_key, to_issue
          from final_place(p_account, p_key, p_issue, to_key, to_issue) f;
    end if;
    if p_key = to_key and p_issue = to_issue then
        return;
    end if;
    if not p_dry_run then
        -- It is here again: what was said when it went is over.
        delete from lifecycle l
         where l.forge_account_id = p_account and l.repository = to_key and l.issue_number = to_issue
           and l.moved_to is not null;
    end if;
    for v_row in
        select d.id, d.phase, d.revision, d.data_bytes, d.data_sha256, d.last_stored_at from phase_data d
         where d.forge_account_id = p_account and d.repository = p_key and d.issue_number = p_issue
         order by d.phase
           for update
    loop
        select d.id, d.revision, is_live(d) or (not is_over(d) and d.last_stored_at > v_row.last_stored_at) as stays
          into v_there from phase_data d
         where d.forge_account_id = p_account and d.repository = to_key and d.issue_number = to_issue
           and d.phase = v_row.phase
           for update;
        continue when v_there.stays;
        moved := moved + 1;
        continue when p_dry_run;
        if v_there.id is not null then
            delete from phase_data d where d.id = v_there.id;
            insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, actor,
                                     request_id)
            values (p_account, to_key, to_issue, v_row.phase, 'purged', v_there.revision, p_actor, p_request_id);
        end if;
        v_revision := greatest(v_row.revision, coalesce(
            v_there.revision, last_revision(p_account, to_key, to_issue, v_row.phase), 0) + 1);
        update phase_data d set repository = to_key, issue_number = to_issue, revision = v_revision
         where d.id = v_row.id;
        -- One receipt where it was, and one where it is.
        insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, data_bytes,
                                 data_sha256, actor, request_id)
        values (p_account, p_key, p_issue, v_row.phase, 'moved', v_row.revision, null, null, p_actor,
                p_request_id),
               (p_account, to_key, to_issue, v_row.phase, 'moved', v_revision, v_row.data_bytes,
                v_row.data_sha256, p_actor, p_request_id);
    end loop;
end
$$;
