-- A page of a repository's issues, see page_of_issues. That reads in one snapshot, which is taken when the repository is
-- found: finding it may have merged what is kept under its name.
create function list_issues(
    p_repository repository_ref, p_filter issue_filter, p_by_time boolean, p_after_issue integer, p_after_time timestamptz,
    p_limit integer
)
returns table (issues jsonb, next_issue integer, next_time timestamptz)
language plpgsql as $$
declare
    v_id uuid;
begin
    perform set_config('phase_data.account', (p_repository.account)::text, true);
    v_id := (repositories_to_read(p_repository))[1];
    return query
        select p.issues, p.next_issue, p.next_time
          from page_of_issues(
              p_account => p_repository.account, p_repository_id => v_id, p_filter => p_filter, p_by_time => p_by_time,
              p_after_issue => p_after_issue, p_after_time => p_after_time, p_limit => p_limit) p;
end
$$;
