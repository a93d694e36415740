-- Takes over what the forge says about a repository that was known by its name alone: from now on the id tells which one it is.
create function learn_repository(p_repository repository_ref)
returns void
language plpgsql as $$
begin
    perform set_config('phase_data.account', (p_repository.account)::text, true);
    perform claim_repository(p_repository);
end
$$;
