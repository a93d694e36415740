-- The rows whose data belongs to a repository. With a proven id that is its row. Nothing is written, unless the proof tells of a
-- name that is new: then that counts from now on, for keys, too. Where the row of the name alone is of the same second as the
-- proof, the two stay two, and are read together until a newer proof makes them one; not by a proof from before the repository
-- got another name, for then the name may be another one's. The tenant is set.
create function repositories_to_read(p_repository repository_ref)
returns uuid[]
language plpgsql as $$
declare
    v_known    record;
    v_unproven record;
    v_id       uuid;
begin
    if p_repository.external_id is null then
        return array(select r.id from repository r
                      where r.forge_account_id = p_repository.account and r.name = p_repository.name);
    end if;
    select r.id, r.name, r.named_at into v_known from repository r
     where r.forge_account_id = p_repository.account and r.external_id = p_repository.external_id;
    if v_known.name = p_repository.name then
        return array[v_known.id];
    end if;
    select r.id, r.named_at into v_unproven from repository r
     where r.forge_account_id = p_repository.account and r.name = p_repository.name and r.external_id is null;
    if v_known.id is null and (p_repository.proven_at > v_unproven.named_at) is not true then
        return array[]::uuid[];
    end if;
    v_id := claim_repository(p_repository);
    if p_repository.proven_at = date_trunc('second', v_unproven.named_at)
       and p_repository.proven_at >= date_trunc('second', v_known.named_at) then
        return array[v_id, v_unproven.id];
    end if;
    return array[v_id];
end
$$;
