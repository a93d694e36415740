-- Puts a new key in the place of an old one, which lives on for a while. Answers the new one and then the
-- old one; nothing, if the account has none of this id.
create function rotate_api_key(
    p_account uuid, p_id text, p_new_id text, p_new_secret_sha256 bytea, p_old_lives_on interval,
    p_not_after timestamptz
)
returns setof api_key_record
language plpgsql as $$
declare
    v_old  api_key_record;
    v_life interval;
begin
    perform in_time(p_not_after);
    perform set_config('phase_data.account', p_account::text, true);
    select k.lifetime into v_life from api_key k where k.forge_account_id = p_account and k.id = p_id;
    update api_key k set expires_at = least(k.expires_at, now() + p_old_lives_on)
     where k.forge_account_id = p_account and k.id = p_id
 returning k.id, k.forge_account_id, k.name, k.scope, k.secret_sha256, k.repositories, k.created_at, k.expires_at,
               k.revoked_at, k.last_used_at
          into v_old;
    if not found then
        return;
    end if;
    return query
        select * from create_api_key(p_account, p_new_id, p_new_secret_sha256, v_old.name, v_old.scope,
                                     v_old.repositories, v_life);
    return next v_old;
end
$$;
