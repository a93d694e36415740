-- Since when an issue with hidden data is known to be closed, if anybody said so. The tenant is set. In plpgsql, because that
-- keeps the plan.
create function closed_since(p_account uuid, p_repository_id uuid, p_issue integer)
returns timestamptz
language plpgsql stable as $$
begin
    return (select l.at from lifecycle l
             where l.forge_account_id = p_account and l.repository_id = p_repository_id and l.issue_number = p_issue
               and l.closed);
end
$$;
