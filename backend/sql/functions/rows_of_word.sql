-- The next rows that a word is about, locked in one order for all: those of an issue, of a repository (no issue) or
-- of the account (no key), from behind the given one on. The tenant is set.
-- Each place is compared twice: row-level security keeps the comparison of phases away from the index, since it is
-- not known to be leakproof. The other one finds the place.
create function rows_of_word(
    p_account uuid, p_key text, p_issue integer, p_after_repository text, p_after_issue integer,
    p_after_phase phase, p_limit integer
)
returns table (
    id uuid, repository text, issue_number integer, phase phase, closed_by text, last_stored_at timestamptz,
    is_over boolean
)
language plpgsql as $$
begin
    if p_key = '' then
        return query
            select d.id, d.repository, d.issue_number, d.phase, d.closed_by, d.last_stored_at, is_over(d)
              from phase_data d
             where d.forge_account_id = p_account
               and (d.repository, d.issue_number) >= (p_after_repository, p_after_issue)
               and (d.repository, d.issue_number, d.phase) > (p_after_repository, p_after_issue, p_after_phase)
             order by d.repository, d.issue_number, d.phase limit p_limit
               for update;
    else
        return query
            select d.id, d.repository, d.issue_number, d.phase, d.closed_by, d.last_stored_at, is_over(d)
              from phase_data d
             where d.forge_account_id = p_account and d.repository = p_key
               and (p_issue = 0 or d.issue_number = p_issue) and d.issue_number >= p_after_issue
               and (d.issue_number, d.phase) > (p_after_issue, p_after_phase)
             order by d.issue_number, d.phase limit p_limit
               for update;
    end if;
end
$$;
