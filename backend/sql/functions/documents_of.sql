-- The next documents of an issue, of a repository (issue 0) or of the account (the nil repository), from behind the given place
-- on, locked in one order for all. The tenant is set.
-- Each place is compared twice: row-level security keeps the comparison of phases away from the index, since it is not known to
-- be leakproof. The other one finds the place.
create function documents_of(p_account uuid, p_repository_id uuid, p_issue integer, p_after jsonb, p_limit integer)
returns table (
    id uuid, repository_id uuid, issue_number integer, phase phase, closed_by text, last_stored_at timestamptz,
    purge_at timestamptz, expires_at timestamptz
)
language plpgsql as $$
declare
    c_nil              constant uuid := uuid '00000000-0000-0000-0000-000000000000';
    v_after_repository constant uuid := coalesce((p_after ->> 'repository_id')::uuid, c_nil);
    v_after_issue      constant integer := coalesce((p_after ->> 'issue_number')::integer, 0);
    v_after_phase      constant phase := coalesce((p_after ->> 'phase')::phase, 'scan');
begin
    if p_repository_id = c_nil then
        return query
            select d.id, d.repository_id, d.issue_number, d.phase, d.closed_by, d.last_stored_at, d.purge_at,
                   d.expires_at
              from phase_data d
             where d.forge_account_id = p_account
               and (d.repository_id, d.issue_number) >= (v_after_repository, v_after_issue)
               and (d.repository_id, d.issue_number, d.phase) > (v_after_repository, v_after_issue, v_after_phase)
             order by d.repository_id, d.issue_number, d.phase limit p_limit
               for update;
    else
        return query
            select d.id, d.repository_id, d.issue_number, d.phase, d.closed_by, d.last_stored_at, d.purge_at,
                   d.expires_at
              from phase_data d
             where d.forge_account_id = p_account and d.repository_id = p_repository_id
               and (p_issue = 0 or d.issue_number = p_issue) and d.issue_number >= v_after_issue
               and (d.issue_number, d.phase) > (v_after_issue, v_after_phase)
             order by d.issue_number, d.phase limit p_limit
               for update;
    end if;
end
$$;
