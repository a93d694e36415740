-- Whether rename_repository() would change anything. The tenant is set.
create function rename_changes(p_account uuid, p_external_id bigint, p_name text, p_at timestamptz)
returns boolean
language sql stable as $$
    select not exists (select from repository r
                        where r.forge_account_id = p_account and r.external_id = p_external_id
                          and (r.name = p_name or date_trunc('second', r.named_at) > p_at))
$$;
