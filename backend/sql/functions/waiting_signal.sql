-- The same for a repository as callers name it.
create function waiting_signal(p_account uuid, p_repository text, p_repository_id bigint, p_issue integer)
returns bigint
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return issue_signal(p_account, repository_key(p_account, p_repository, p_repository_id), p_issue);
end
$$;
