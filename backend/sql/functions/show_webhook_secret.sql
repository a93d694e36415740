-- Returns the times of an account's webhook secrets. With p_remove, both secrets are removed first.
create function show_webhook_secret(p_account uuid, p_remove boolean)
returns table (created_at timestamptz, old_expires_at timestamptz)
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    if p_remove then
        delete from webhook_secret s where s.forge_account_id = p_account;
    end if;
    return query
        select s.created_at, case when s.old_expires_at > now() then s.old_expires_at end
          from webhook_secret s where s.forge_account_id = p_account;
end
$$;
