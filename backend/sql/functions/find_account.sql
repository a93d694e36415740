-- The account of a forge's owner. Nothing, if there is none, or if it is being deleted.
create function find_account(p_forge text, p_external_id bigint)
returns setof account_record
language plpgsql as $$
begin
    perform set_config('phase_data.owner', p_forge || ':' || p_external_id, true);
    return query
        select a.id, a.policy from forge_account a
         where a.forge = p_forge and a.external_id = p_external_id and a.deleted_at is null;
end
$$;
