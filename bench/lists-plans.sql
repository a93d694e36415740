-- Each call of lists-pages.sql once, for auto_explain to show the plans of what it does.
select set_config('phase_data.account', :'account', false);
select id as repository from repository where name = 'octo/lists' \gset
select list_issues((:'account', 'octo/lists', null, null)::repository_ref, (closed, pending, null, null, null, null, null, null)::issue_filter,
                   by_time, null, null, 100)
  from unnest(array[false, true]) closed, unnest(array[false, true]) by_time,
       unnest(array[null, 'mitigate']::phase[]) pending;
select account_usage(:'account', 100, 5000);
select count_usage('00000000-0000-0000-0000-000000000000', 100, 2500, 5000) from generate_series(1, 3);
select sweep_repositories(:'account', '{}', '00000000-0000-0000-0000-000000000000', 100, 200);
select sweep_account_closed(:'account', 200);
select sweep_issues(:'account', :'repository', '{}', 1000, 2000);
select prune_lifecycle(interval '30 days', :'account', :'repository', 1000, 1000);
select prune_events('00000000-0000-0000-0000-000000000000', interval '1 day', null, 500);
select purge_batch(100, null, null);
