-- Revokes a key that somebody else has seen. The digest proves that it is the whole key.
create function revoke_leaked_api_key(p_id text, p_sha256 bytea)
returns boolean
language plpgsql as $$
begin
    perform set_config('phase_data.api_key', p_id, true);
    update api_key k set revoked_at = coalesce(k.revoked_at, now())
     where k.id = p_id and k.secret_sha256 = p_sha256;
    return found;
end
$$;
