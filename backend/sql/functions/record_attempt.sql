-- Records an event about an attempt. Its revision is the last one of the phase, or 0. The tenant is set.
create function record_attempt(
    p_account uuid, p_repository_id uuid, p_issue integer, p_phase phase, p_kind text, p_number integer, p_by write_by
)
returns void
language plpgsql as $$
begin
    insert into phase_event (forge_account_id, repository_id, issue_number, phase, kind, revision, attempt, actor,
                             request_id)
    values (p_account, p_repository_id, p_issue, p_phase, p_kind,
            coalesce((select d.revision from phase_data d
                       where d.forge_account_id = p_account and d.repository_id = p_repository_id
                         and d.issue_number = p_issue and d.phase = p_phase),
                     last_revision(p_account => p_account, p_repository_id => p_repository_id, p_issue => p_issue,
                                   p_phase => p_phase), 0),
            p_number, p_by.actor, p_by.request_id);
end
$$;
