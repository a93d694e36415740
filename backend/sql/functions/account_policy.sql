-- An account's policy; with a new one, after setting it.
create function account_policy(p_account uuid, p_policy jsonb, p_not_after timestamptz)
returns jsonb
language plpgsql as $$
begin
    perform in_time(p_not_after);
    perform set_config('phase_data.account', p_account::text, true);
    if p_policy is not null then
        update forge_account a set policy = p_policy where a.id = p_account;
    end if;
    return (select a.policy from forge_account a where a.id = p_account);
end
$$;
