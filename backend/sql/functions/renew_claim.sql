-- Extends the lease of a claim from now on, also after its end, unless another one replaced it. The outcome is renewed or lost.
create function renew_claim(
    p_repository repository_ref, p_issue integer, p_phase phase, p_claim_id uuid, p_ttl_seconds double precision,
    p_by write_by, p_not_after timestamptz
)
returns claim_result
language plpgsql as $$
declare
    v_account       constant uuid := p_repository.account;
    v_repository_id uuid;
    v_before        jsonb;
    v_own           record;
    v_result        claim_result;
begin
    perform in_time(p_not_after);
    perform set_config('phase_data.account', v_account::text, true);
    v_before := spend_token(p_account => v_account, p_by => p_by);
    if v_before is not null then
        return (v_before ->> 'outcome', v_before -> 'attempt')::claim_result;
    end if;
    v_repository_id := repository_to_change(p_repository);
    v_own := lock_attempt(p_account => v_account, p_repository_id => v_repository_id, p_issue => p_issue,
                          p_phase => p_phase, p_claim_id => p_claim_id);
    if v_own.is_running then
        v_result.outcome := 'renewed';
        update attempt a
           set lease_ends_at = clock_timestamp() + make_interval(secs => p_ttl_seconds), late = a.late or v_own.is_late
         where a.forge_account_id = v_account and a.repository_id = v_repository_id and a.issue_number = p_issue
           and a.phase = p_phase and a.number = v_own.number;
        perform record_attempt(p_account => v_account, p_repository_id => v_repository_id, p_issue => p_issue,
                               p_phase => p_phase, p_kind => 'renewed', p_number => v_own.number, p_by => p_by);
    else
        v_result.outcome := 'lost';
    end if;
    select attempt_as_json(a) into v_result.attempt from attempt a
     where a.forge_account_id = v_account and a.repository_id = v_repository_id and a.issue_number = p_issue
       and a.phase = p_phase and a.number = v_own.number;
    return finish_claim_call(p_account => v_account, p_by => p_by, p_result => v_result);
end
$$;
