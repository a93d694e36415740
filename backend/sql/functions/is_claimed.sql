-- Returns true if another claim than this one (null: any) lives on a phase (null: on any of the issue). The tenant is set. In
-- plpgsql, because that keeps the plan.
create function is_claimed(p_account uuid, p_repository_id uuid, p_issue integer, p_phase phase, p_claim_id uuid)
returns boolean
language plpgsql stable as $$
begin
    return exists (select from attempt a
                    where a.forge_account_id = p_account and a.repository_id = p_repository_id
                      and a.issue_number = p_issue and (p_phase is null or a.phase = p_phase) and a.ended_at is null
                      and a.lease_ends_at > clock_timestamp() and a.claim_id is distinct from p_claim_id);
end
$$;
