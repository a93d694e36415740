-- The row of a repository that is written to, made if there is none. A proof that it is called so counts only if it is newer
-- than that of whichever has the name, and not older than what is known of the repository itself (proofs are of whole
-- seconds: of two names of one second the one that is told later holds). Then the repository gets the name, takes over what
-- is kept under the name alone, and another repository of this name loses it. Else the proven id decides, and no name
-- changes. The tenant is set.
create function claim_repository(p_repository repository_ref)
returns uuid
language plpgsql as $$
declare
    -- Another host's clock may be ahead. Without a time nothing is proven: `least` alone would ignore the null.
    v_proven_at timestamptz := case when p_repository.proven_at is not null
                                    then least(p_repository.proven_at, clock_timestamp()) end;
    v_known     record;
    v_holder    record;
    v_id        uuid;
begin
    if p_repository.external_id is null then
        loop
            -- Held until the end of the transaction: a merge waits for it.
            select r.id into v_id from repository r
             where r.forge_account_id = p_repository.account and r.name = p_repository.name
               for key share;
            exit when found;
            -- All changes of an account's names wait for each other.
            perform pg_advisory_xact_lock(hashtextextended(p_repository.account::text, 0));
            insert into repository as r (forge_account_id, name, named_at)
            values (p_repository.account, p_repository.name, clock_timestamp())
            on conflict do nothing
            returning r.id into v_id;
            exit when found;
        end loop;
        return v_id;
    end if;
    select r.id, r.name, r.named_at into v_known from repository r
     where r.forge_account_id = p_repository.account and r.external_id = p_repository.external_id;
    -- A merge or a rename waits for whoever goes on with the row. Locked later, by the foreign keys of what is written, it
    -- could wait for what the merge waits for.
    if v_known.name = p_repository.name or date_trunc('second', v_known.named_at) > v_proven_at
       or (v_known.id is not null and v_proven_at is null) then
        perform from repository r
          where r.forge_account_id = p_repository.account and r.id = v_known.id
            for key share;
    end if;
    if v_known.name = p_repository.name then
        -- Older proofs of other names don't count from now on. Not every write is to write the row for this.
        if v_proven_at > v_known.named_at + interval '1 minute' then
            update repository r set named_at = v_proven_at
             where r.forge_account_id = p_repository.account and r.id = v_known.id and r.named_at < v_proven_at;
        end if;
        return v_known.id;
    end if;
    if date_trunc('second', v_known.named_at) > v_proven_at or (v_known.id is not null and v_proven_at is null) then
        return v_known.id;
    end if;
    -- All changes of an account's names wait for each other, and look again.
    perform pg_advisory_xact_lock(hashtextextended(p_repository.account::text, 0));
    select r.id, r.name, r.named_at into v_known from repository r
     where r.forge_account_id = p_repository.account and r.external_id = p_repository.external_id
       for no key update;
    select r.id, r.external_id, r.named_at into v_holder from repository r
     where r.forge_account_id = p_repository.account and r.name = p_repository.name
       and r.id is distinct from v_known.id
       for update;
    -- A merge that would take longer than a request may is not done: both rows stay.
    if v_known.name = p_repository.name or date_trunc('second', v_known.named_at) > v_proven_at
       or (v_known.id is not null and (v_holder.named_at >= v_proven_at
           or (v_holder.external_id is null and is_too_large_to_merge(
                   p_account => p_repository.account, p_repository_id => v_holder.id)))) then
        return v_known.id;
    end if;
    if v_proven_at is null or v_holder.named_at >= v_proven_at then
        insert into repository as r (forge_account_id, external_id, named_at)
        values (p_repository.account, p_repository.external_id, '-infinity')
        returning r.id into v_id;
        return v_id;
    end if;
    if v_holder.id is not null and v_holder.external_id is null and v_known.id is null then
        update repository r set external_id = p_repository.external_id, named_at = v_proven_at
         where r.forge_account_id = p_repository.account and r.id = v_holder.id;
        return v_holder.id;
    end if;
    if v_holder.id is not null then
        -- It has not had the name since then, whatever an older proof says.
        update repository r set name = null, named_at = v_proven_at
         where r.forge_account_id = p_repository.account and r.id = v_holder.id;
    end if;
    insert into repository as r (forge_account_id, external_id, name, named_at)
    values (p_repository.account, p_repository.external_id, p_repository.name, v_proven_at)
    on conflict on constraint repository_external_id do update
       set name = excluded.name, named_at = greatest(r.named_at, excluded.named_at)
    returning r.id into v_id;
    if v_holder.id is not null and v_holder.external_id is null then
        perform merge_repository(p_account => p_repository.account, p_from => v_holder.id, p_to => v_id);
    end if;
    return v_id;
end
$$;
