-- A repository was renamed at this time: the new name holds unless a newer one is known. The forge tells whole seconds: of
-- two names of one second the one that is told later holds. The tenant is set.
create function rename_repository(
    p_account uuid, p_external_id bigint, p_old_name text, p_name text, p_at timestamptz
)
returns void
language plpgsql as $$
begin
    if not exists (select from repository r
                    where r.forge_account_id = p_account and r.external_id = p_external_id) then
        perform repository_key(p_account, p_old_name, p_external_id);
    elsif exists (select from repository r
                   where r.forge_account_id = p_account and r.external_id = p_external_id
                     and date_trunc('second', r.named_at) > p_at) then
        return;
    end if;
    perform repository_key(p_account, p_name, p_external_id);
    update repository r set named_at = p_at
     where r.forge_account_id = p_account and r.external_id = p_external_id;
end
$$;
