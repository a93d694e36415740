-- Keeps a new key, and answers with what is kept.
create function create_api_key(
    p_account uuid, p_id text, p_secret_sha256 bytea, p_name text, p_scope text, p_repositories text[],
    p_lifetime interval
)
returns setof api_key_record
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        insert into api_key as k (id, forge_account_id, name, scope, secret_sha256, repositories, lifetime,
                                  expires_at)
        values (p_id, p_account, p_name, p_scope, p_secret_sha256, p_repositories, p_lifetime,
                now() + p_lifetime)
     returning k.id, k.forge_account_id, k.name, k.scope, k.secret_sha256, k.repositories, k.created_at, k.expires_at,
               k.revoked_at, k.last_used_at;
end
$$;
