-- A repository was renamed at the time of the proof: answers whether that changes its name. One that is not known yet is the
-- one that had the old name until then. With p_dry_run nothing changes.
create function rename_repository(p_repository repository_ref, p_old_name text, p_dry_run boolean)
returns boolean
language plpgsql as $$
declare
    v_before constant repository_ref := (p_repository.account, p_old_name, p_repository.external_id,
                                         p_repository.proven_at - interval '1 microsecond');
    v_known  record;
    v_id     uuid;
    v_name   text;
begin
    perform set_config('phase_data.account', (p_repository.account)::text, true);
    select r.id, r.name, r.named_at into v_known from repository r
     where r.forge_account_id = p_repository.account and r.external_id = p_repository.external_id;
    if p_dry_run then
        return v_known.name is distinct from p_repository.name
               and (v_known.named_at >= p_repository.proven_at) is not true;
    end if;
    if v_known.id is null then
        perform claim_repository(v_before);
    end if;
    v_id := claim_repository(p_repository);
    select r.name into v_name from repository r where r.forge_account_id = p_repository.account and r.id = v_id;
    return v_name = p_repository.name and v_known.name is distinct from v_name;
end
$$;
