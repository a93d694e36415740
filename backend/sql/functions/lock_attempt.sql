-- Locks the attempt of a claim, and returns its number (null: this phase has no such claim), whether it runs, whether its
-- holder ended it, and whether its lease is over. The tenant is set.
create function lock_attempt(
    p_account uuid, p_repository_id uuid, p_issue integer, p_phase phase, p_claim_id uuid,
    out number integer, out is_running boolean, out is_own_end boolean, out is_late boolean
)
language plpgsql as $$
declare
    v_attempt record;
begin
    select a.number, a.state, a.ended_at, a.lease_ends_at into v_attempt from attempt a
     where a.forge_account_id = p_account and a.claim_id = p_claim_id and a.repository_id = p_repository_id
       and a.issue_number = p_issue and a.phase = p_phase
     -- Two attempts can have the same claim where two repositories became one: the one that runs decides.
     order by a.ended_at is null desc, a.number desc limit 1
       for update;
    number := v_attempt.number;
    is_running := coalesce(v_attempt.ended_at is null and v_attempt.state = 'running', false);
    is_own_end := coalesce(v_attempt.state in ('completed', 'failed', 'cancelled'), false);
    -- Read after the lock, like all times that decide.
    is_late := coalesce(v_attempt.lease_ends_at <= clock_timestamp(), false);
end
$$;
