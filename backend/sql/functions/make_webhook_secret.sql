-- Sets an account's secret; the one before stays good for a while.
create function make_webhook_secret(p_account uuid, p_secret text, p_old_lives_on interval, p_not_after timestamptz)
returns table (created_at timestamptz, old_expires_at timestamptz)
language plpgsql as $$
begin
    perform in_time(p_not_after);
    perform set_config('phase_data.account', p_account::text, true);
    return query
        insert into webhook_secret as s (forge_account_id, secret) values (p_account, p_secret)
        on conflict (forge_account_id) do update
           set secret = excluded.secret, created_at = now(),
               old_secret = case when p_old_lives_on > interval '0' then s.secret end,
               old_expires_at = case when p_old_lives_on > interval '0' then now() + p_old_lives_on end
        returning s.created_at, s.old_expires_at;
end
$$;
