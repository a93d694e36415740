-- An account's own hook: its owner and its secrets. Nothing, if it has none.
create function find_webhook(p_account uuid)
returns table (owner_id bigint, secret text, old_secret text)
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        select a.external_id, s.secret, case when s.old_expires_at > now() then s.old_secret end
          from webhook_secret s join forge_account a on a.id = s.forge_account_id
         where s.forge_account_id = p_account and a.deleted_at is null;
end
$$;
