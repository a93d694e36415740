-- Whether an account has data that went with the account.
create function sweep_account_went(p_account uuid)
returns boolean
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return exists (select from phase_data d
                    where d.forge_account_id = p_account and d.closed_by = 'account' and can_return(d));
end
$$;
