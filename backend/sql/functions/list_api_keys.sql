-- An account's keys, oldest first.
create function list_api_keys(p_account uuid)
returns setof api_key_record
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        select k.id, k.forge_account_id, k.name, k.scope, k.secret_sha256, k.repositories, k.created_at, k.expires_at,
               k.revoked_at, k.last_used_at
          from api_key k where k.forge_account_id = p_account order by k.created_at, k.id;
end
$$;
