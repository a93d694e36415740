-- The last revision that a phase had whose document is gone. The tenant is set. In plpgsql, because that keeps the plan:
-- as a function in SQL it would be planned anew for every store.
create function last_revision(p_account uuid, p_repository_id uuid, p_issue integer, p_phase phase)
returns bigint
language plpgsql stable as $$
begin
    return (select r.revision from phase_revision r
             where r.forge_account_id = p_account and r.repository_id = p_repository_id and r.issue_number = p_issue
               and r.phase = p_phase);
end
$$;
