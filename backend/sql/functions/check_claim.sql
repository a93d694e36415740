-- Compares the claim of a store with those of the phase. Returns what refuses the store (claimed or lost) and the attempt of the
-- claim that does; repeat, if the holder ended this claim before, so that only a repetition of its store is left to do; or
-- nothing. The current attempt of the phase, if it has one, is locked, and the tenant is set.
create function check_claim(
    p_account uuid, p_repository_id uuid, p_issue integer, p_phase phase, p_claim_id uuid,
    out effect text, out claim jsonb
)
language plpgsql as $$
declare
    v_own    record;
    v_number integer;
begin
    if p_claim_id is not null then
        v_own := lock_attempt(p_account => p_account, p_repository_id => p_repository_id, p_issue => p_issue,
                              p_phase => p_phase, p_claim_id => p_claim_id);
        effect := case when v_own.is_own_end then 'repeat' when not v_own.is_running then 'lost' end;
        v_number := v_own.number;
    else
        select a.number, 'claimed' into v_number, effect from attempt a
         where a.forge_account_id = p_account and a.repository_id = p_repository_id and a.issue_number = p_issue
           and a.phase = p_phase and a.ended_at is null and a.lease_ends_at > clock_timestamp();
    end if;
    if effect is not null then
        select attempt_as_json(a) into claim from attempt a
         where a.forge_account_id = p_account and a.repository_id = p_repository_id and a.issue_number = p_issue
           and a.phase = p_phase and a.number = v_number;
    end if;
end
$$;
