-- A key by its id, whichever account's it is.
create function find_api_key(p_id text)
returns setof api_key_record
language plpgsql as $$
begin
    perform set_config('phase_data.api_key', p_id, true);
    return query
        select k.id, k.forge_account_id, k.name, k.scope, k.secret_sha256, k.repositories, k.created_at, k.expires_at,
               k.revoked_at, k.last_used_at
          from api_key k where k.id = p_id;
end
$$;
