create function forget_sweep() returns trigger language plpgsql as $$
begin
    perform record_sweep(new.forge_account_id, new.repository, false);
    return null;
end
$$;
