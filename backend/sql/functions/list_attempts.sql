-- A phase's attempts in the JSON of the contract, the newest first, from before the given number on.
create function list_attempts(p_repository repository_ref, p_issue integer, p_phase phase, p_before integer, p_limit integer)
returns table (attempt jsonb)
language plpgsql as $$
declare
    v_id uuid;
begin
    perform set_config('phase_data.account', (p_repository.account)::text, true);
    v_id := (repositories_to_read(p_repository))[1];
    -- A merge may have come since the repository was found, and have taken all of it along.
    select coalesce(r.merged_into, r.id) into v_id from repository r
     where r.forge_account_id = p_repository.account and r.id = v_id;
    return query
        select attempt_as_json(a) from attempt a
         where a.forge_account_id = p_repository.account and a.repository_id = v_id and a.issue_number = p_issue
           and a.phase = p_phase and (p_before is null or a.number < p_before)
         order by a.number desc limit p_limit;
end
$$;
