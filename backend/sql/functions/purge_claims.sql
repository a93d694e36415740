-- Ends the claims of an issue that is purged, and records that. Claims that are newer than the purge stay. The documents' locks
-- are held, and the tenant is set.
create function purge_claims(p_account uuid, p_repository_id uuid, p_issue integer, p_at timestamptz, p_by write_by)
returns void
language plpgsql as $$
declare
    v_attempt record;
begin
    for v_attempt in
        select a.phase, a.number from attempt a
         where a.forge_account_id = p_account and a.repository_id = p_repository_id and a.issue_number = p_issue
           and a.ended_at is null and a.started_at <= p_at
         order by a.phase
           for update
    loop
        update attempt a set state = 'superseded', ended_at = clock_timestamp(), reason = 'the issue was purged'
         where a.forge_account_id = p_account and a.repository_id = p_repository_id and a.issue_number = p_issue
           and a.phase = v_attempt.phase and a.number = v_attempt.number;
        perform record_attempt(p_account => p_account, p_repository_id => p_repository_id, p_issue => p_issue,
                               p_phase => v_attempt.phase, p_kind => 'purged', p_number => v_attempt.number, p_by => p_by);
    end loop;
end
$$;
