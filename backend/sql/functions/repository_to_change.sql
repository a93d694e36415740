-- The row of a repository whose data is to be changed, held until the end of the transaction: a merge waits for it, and one
-- that was first has taken all along. Null if a key names a repository that has no data. The tenant is set.
create function repository_to_change(p_repository repository_ref)
returns uuid
language plpgsql as $$
declare
    v_id uuid;
begin
    if p_repository.external_id is null then
        v_id := (repositories_to_read(p_repository))[1];
    else
        v_id := claim_repository(p_repository);
    end if;
    select coalesce(r.merged_into, r.id) into v_id from repository r
     where r.forge_account_id = p_repository.account and r.id = v_id
       for key share;
    return v_id;
end
$$;
