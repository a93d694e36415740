-- Moves an issue's documents to another place, and answers how many. One that was stored there and can be seen, or is newer,
-- stays. Its attempts go along. With p_dry_run nothing changes. The tenant is set.
create function move_documents(
    p_account uuid, p_from_id uuid, p_from_issue integer, p_to_id uuid, p_to_issue integer, p_dry_run boolean,
    p_by write_by
)
returns integer
language plpgsql as $$
declare
    v_row      record;
    v_there    record;
    v_revision bigint;
    v_moved    integer := 0;
begin
    if not p_dry_run then
        perform lock_claims(p_account => p_account, p_from_id => p_from_id, p_from_issue => p_from_issue,
                            p_to_id => p_to_id, p_to_issue => p_to_issue);
        -- It is here again: what was said when it went is over.
        delete from lifecycle l
         where l.forge_account_id = p_account and l.repository_id = p_to_id and l.issue_number = p_to_issue
           and l.moved_to is not null;
    end if;
    for v_row in
        select d.id, d.phase, d.revision, d.data_bytes, d.data_sha256, d.last_stored_at from phase_data d
         where d.forge_account_id = p_account and d.repository_id = p_from_id and d.issue_number = p_from_issue
         order by d.phase
           for update
    loop
        select d.id, d.revision,
               is_live(d.deleted_at, d.expires_at)
               or (not is_over(d.purge_at, d.expires_at) and d.last_stored_at > v_row.last_stored_at) as stays
          into v_there from phase_data d
         where d.forge_account_id = p_account and d.repository_id = p_to_id and d.issue_number = p_to_issue
           and d.phase = v_row.phase
           for update;
        continue when v_there.stays;
        v_moved := v_moved + 1;
        continue when p_dry_run;
        if v_there.id is not null then
            perform record_events(p_ids => array[v_there.id], p_kind => 'purged', p_by => p_by);
            delete from phase_data d where d.id = v_there.id;
        end if;
        v_revision := greatest(v_row.revision, 1 + coalesce(v_there.revision, last_revision(
            p_account => p_account, p_repository_id => p_to_id, p_issue => p_to_issue, p_phase => v_row.phase), 0));
        -- One event where it was, and one where it is.
        perform record_events(p_ids => array[v_row.id], p_kind => 'moved', p_by => p_by);
        update phase_data d set repository_id = p_to_id, issue_number = p_to_issue, revision = v_revision
         where d.id = v_row.id;
        insert into phase_event (forge_account_id, repository_id, issue_number, phase, kind, revision, data_bytes,
                                 data_sha256, actor, request_id)
        values (p_account, p_to_id, p_to_issue, v_row.phase, 'moved', v_revision, v_row.data_bytes,
                v_row.data_sha256, p_by.actor, p_by.request_id);
    end loop;
    if not p_dry_run then
        perform move_attempts(p_account => p_account, p_from_id => p_from_id, p_from_issue => p_from_issue,
                              p_to_id => p_to_id, p_to_issue => p_to_issue);
    end if;
    return v_moved;
end
$$;
