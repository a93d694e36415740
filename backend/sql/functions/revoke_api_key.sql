-- Revokes a key for good; nothing, if the account has none of this id. The first revocation's time stays.
create function revoke_api_key(p_account uuid, p_id text)
returns setof api_key_record
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        update api_key k set revoked_at = coalesce(k.revoked_at, now())
         where k.forge_account_id = p_account and k.id = p_id
     returning k.id, k.forge_account_id, k.name, k.scope, k.secret_sha256, k.repositories, k.created_at, k.expires_at,
               k.revoked_at, k.last_used_at;
end
$$;
