-- Claims a phase, which begins an attempt. The outcome is created; running, if the same claim began it before; claimed, with
-- the attempt of another claim that lives; or lost, if this claim has ended. A later attempt of the same run takes over at
-- once, everybody else after the lease, and a forced claim always.
create function claim_phase(
    p_repository repository_ref, p_issue integer, p_phase phase, p_claim claim_request, p_by write_by,
    p_not_after timestamptz
)
returns claim_result
language plpgsql as $$
declare
    v_account       constant uuid := p_repository.account;
    v_repository_id uuid;
    v_before        jsonb;
    v_own           record;
    v_current       record;
    v_now           timestamptz;
    v_is_rerun      boolean;
    v_number        integer;
    v_result        claim_result;
begin
    perform in_time(p_not_after);
    perform set_config('phase_data.account', v_account::text, true);
    -- Servers of older releases would store without a look at claims.
    perform require_release(p_release => 1);
    v_before := spend_token(p_account => v_account, p_by => p_by);
    if v_before is not null then
        return (v_before ->> 'outcome', v_before -> 'attempt')::claim_result;
    end if;
    v_repository_id := claim_repository(p_repository);
    -- A phase without a document has no row that stores and claims could both lock.
    perform pg_advisory_xact_lock(claim_lock_key(
        p_account => v_account, p_repository_id => v_repository_id, p_issue => p_issue, p_phase => p_phase));
    perform from phase_data d
      where d.forge_account_id = v_account and d.repository_id = v_repository_id and d.issue_number = p_issue
        and d.phase = p_phase
        for update;
    v_own := lock_attempt(p_account => v_account, p_repository_id => v_repository_id, p_issue => p_issue,
                          p_phase => p_phase, p_claim_id => p_claim.claim_id);
    if v_own.number is not null then
        v_number := v_own.number;
        v_result.outcome := case when v_own.is_running then 'running' else 'lost' end;
    else
        select a.number, a.lease_ends_at, a.actor into v_current from attempt a
         where a.forge_account_id = v_account and a.repository_id = v_repository_id and a.issue_number = p_issue
           and a.phase = p_phase and a.ended_at is null
           for update;
        v_now := clock_timestamp();
        v_is_rerun := p_by.actor ->> 'kind' = 'oidc'
            and v_current.actor ->> 'issuer' = p_by.actor ->> 'issuer'
            and v_current.actor ->> 'repository_id' = p_by.actor ->> 'repository_id'
            and v_current.actor ->> 'run_id' = p_by.actor ->> 'run_id'
            and (v_current.actor ->> 'run_attempt')::bigint < (p_by.actor ->> 'run_attempt')::bigint;
        if v_current.lease_ends_at > v_now and not p_claim.force and v_is_rerun is not true then
            v_number := v_current.number;
            v_result.outcome := 'claimed';
        end if;
    end if;
    if v_number is null then
        v_result.outcome := 'created';
        v_number := 1 + coalesce((select max(a.number) from attempt a
                                   where a.forge_account_id = v_account and a.repository_id = v_repository_id
                                     and a.issue_number = p_issue and a.phase = p_phase), 0);
        update attempt a
           set state = case when a.lease_ends_at <= v_now then 'lapsed' else 'superseded' end, ended_at = v_now,
               reason = case when a.lease_ends_at <= v_now then 'attempt ' || v_number || ' claimed the phase after the lease'
                             when v_is_rerun then 'a later attempt of the same run claimed the phase'
                             else 'an admin claimed the phase' end
         where a.forge_account_id = v_account and a.repository_id = v_repository_id and a.issue_number = p_issue
           and a.phase = p_phase and a.number = v_current.number;
        insert into attempt (forge_account_id, repository_id, issue_number, phase, number, claim_id, state, actor,
                             key_name, commit_sha, started_at, lease_ends_at)
        values (v_account, v_repository_id, p_issue, p_phase, v_number, p_claim.claim_id, 'running', p_by.actor,
                (select k.name from api_key k where k.id = p_by.actor ->> 'key_id'), p_claim.commit_sha, v_now,
                v_now + make_interval(secs => p_claim.ttl_seconds));
        perform record_attempt(
            p_account => v_account, p_repository_id => v_repository_id, p_issue => p_issue, p_phase => p_phase,
            p_kind => case when p_claim.force and v_current.lease_ends_at > v_now then 'claim_forced' else 'claimed' end,
            p_number => v_number, p_by => p_by);
    end if;
    select attempt_as_json(a) into v_result.attempt from attempt a
     where a.forge_account_id = v_account and a.repository_id = v_repository_id and a.issue_number = p_issue
       and a.phase = p_phase and a.number = v_number;
    return finish_claim_call(p_account => v_account, p_by => p_by, p_result => v_result);
end
$$;
