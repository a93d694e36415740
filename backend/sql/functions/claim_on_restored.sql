-- Returns the attempt of the claim that keeps a phase of an issue from coming back, with its phase, unless it is this claim.
-- Null if there is none. The tenant is set.
create function claim_on_restored(
    p_account uuid, p_repository_id uuid, p_issue integer, p_change lifecycle_change, p_claim_id uuid, p_by write_by
)
returns jsonb
language plpgsql as $$
declare
    v_change   lifecycle_change := p_change;
    v_affected text[];
begin
    -- From here on nobody claims a phase that has a document.
    perform from phase_data d
      where d.forge_account_id = p_account and d.repository_id = p_repository_id and d.issue_number = p_issue
      order by d.phase
        for update;
    if not is_claimed(p_account => p_account, p_repository_id => p_repository_id, p_issue => p_issue, p_phase => null,
                      p_claim_id => p_claim_id) then
        return null;
    end if;
    v_change.dry_run := true;
    v_affected := (change_lifecycle(p_account => p_account, p_repository_id => p_repository_id, p_issue => p_issue,
                                    p_change => v_change, p_by => p_by, p_cursor => null)).affected;
    return (select attempt_as_json(a) || jsonb_build_object('phase', a.phase) from attempt a
             where a.forge_account_id = p_account and a.repository_id = p_repository_id and a.issue_number = p_issue
               and a.ended_at is null and a.phase::text = any (v_affected)
               and is_claimed(p_account => p_account, p_repository_id => p_repository_id, p_issue => p_issue,
                              p_phase => a.phase, p_claim_id => p_claim_id)
             order by a.phase limit 1);
end
$$;
