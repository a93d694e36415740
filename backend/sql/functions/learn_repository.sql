-- Takes over the name that a forge says a repository of this id has, unless the repository is known. The tenant is set
-- here.
create function learn_repository(p_account uuid, p_name text, p_external_id bigint)
returns void
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    if not exists (select from repository r
                    where r.forge_account_id = p_account and r.external_id = p_external_id) then
        perform repository_key(p_account, p_name, p_external_id);
    end if;
end
$$;
