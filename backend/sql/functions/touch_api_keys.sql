-- Sets when keys were last used; each array position is one key.
create function touch_api_keys(p_accounts uuid[], p_ids text[], p_times timestamptz[])
returns void
language plpgsql as $$
begin
    for i in 1 .. coalesce(array_length(p_ids, 1), 0) loop
        perform set_config('phase_data.account', p_accounts[i]::text, true);
        update api_key k set last_used_at = greatest(k.last_used_at, p_times[i])
         where k.forge_account_id = p_accounts[i] and k.id = p_ids[i];
    end loop;
end
$$;
