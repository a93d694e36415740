-- Returns true if a repository has more documents or attempts than a request can move in its time. The tenant is set.
create function is_too_large_to_merge(p_account uuid, p_repository_id uuid)
returns boolean
language plpgsql stable as $$
begin
    return exists (select from phase_data d
                    where d.forge_account_id = p_account and d.repository_id = p_repository_id
                   offset 5000 limit 1)
        or exists (select from attempt a
                    where a.forge_account_id = p_account and a.repository_id = p_repository_id
                   offset 5000 limit 1);
end
$$;
