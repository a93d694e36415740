-- Under which name a repository's data is kept. With an id (from a token) the id decides, and the name that
-- comes with it is taken over; without one (an API key knows names only) the name does. The tenant is set.
create function repository_key(p_account uuid, p_name text, p_external_id bigint)
returns text
language plpgsql as $$
declare
    v_known repository%rowtype;
    v_key   text := p_name;
begin
    if p_external_id is null then
        select r.data_key into v_key from repository r where r.forge_account_id = p_account and r.name = p_name;
        return coalesce(v_key, p_name);
    end if;
    select * into v_known from repository r
     where r.forge_account_id = p_account and r.external_id = p_external_id;
    if v_known.name = p_name then
        return v_known.data_key;
    end if;
    -- First seen, or renamed: whichever had this name before has another one now, or is gone.
    perform pg_advisory_xact_lock(hashtextextended(p_account::text, 0));
    update repository r set name = null
     where r.forge_account_id = p_account and r.name = p_name and r.external_id <> p_external_id;
    if v_known.data_key is null
       and exists (select from repository r where r.forge_account_id = p_account and r.data_key = p_name) then
        v_key := p_name || '#' || p_external_id;
    end if;
    insert into repository as r (forge_account_id, external_id, name, data_key)
    values (p_account, p_external_id, p_name, v_key)
    on conflict (forge_account_id, external_id) do update set name = excluded.name
    returning r.data_key into v_key;
    return v_key;
end
$$;
