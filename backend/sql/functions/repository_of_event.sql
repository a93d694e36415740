-- The row of a repository that a notice of the forge is about. Unlike a write of its own, a notice about a repository that
-- is known by its name alone is about that one, also if it proves nothing. Null, if there is none and p_dry_run says that
-- none is to be made. The tenant is set.
create function repository_of_event(p_repository repository_ref, p_dry_run boolean)
returns uuid
language plpgsql as $$
declare
    v_known    uuid;
    v_unproven uuid;
    v_named_at timestamptz;
begin
    select r.id into v_known from repository r
     where r.forge_account_id = p_repository.account and r.external_id = p_repository.external_id;
    if v_known is null then
        select r.id, r.named_at into v_unproven, v_named_at from repository r
         where r.forge_account_id = p_repository.account and r.name = p_repository.name
           and (p_repository.external_id is null or r.external_id is null);
        if v_unproven is not null and (p_repository.proven_at > v_named_at) is not true then
            return v_unproven;
        end if;
    end if;
    if p_dry_run or p_repository.external_id is null then
        return coalesce(v_known, v_unproven);
    end if;
    return claim_repository(p_repository);
end
$$;
