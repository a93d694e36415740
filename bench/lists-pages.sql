-- Calls everything that reads or removes many rows, as the server does: `lists.account` has the rows of lists-fill.sql.
-- Of a list with each combination of its filters some pages from the beginning and some from the far end are read, and each
-- three times: the shortest counts, for what else the machine does is no part of it. One line a call: the longest of its
-- pages, and how many issues were on them.
do $$
declare
    v_account uuid := current_setting('lists.account')::uuid;
    v_repository uuid;
    v_issues  integer := current_setting('lists.issues')::integer;
    v_limit   float8 := current_setting('lists.limit_ms')::float8;
    v_pages   integer := current_setting('lists.pages')::integer;
    v_longest float8 := 0;
    v_times   float8[] := '{}';
    v_best    float8;
    v_most    float8;
    v_found   integer;
    v_started timestamptz;
    v_list    record;
    v_page    record;
    v_call    record;
begin
    perform set_config('phase_data.account', v_account::text, true);
    select r.id into v_repository from repository r where r.name = 'octo/lists';
    for v_list in
        select * from unnest(array[false, true]) closed, unnest(array[false, true]) by_time,
                      unnest(array[null, 'validate', 'mitigate']::phase[]) pending,
                      unnest(array[null, 'scan', 'mitigate']::phase[]) phase,
                      unnest(array[null, repeat('a', 40), repeat('c', 40)]) stale_for,
                      unnest(array[false, true]) far
         order by closed, by_time, far, pending, phase, stale_for
    loop
        v_most := 0;
        v_found := 0;
        v_page := (null::jsonb, case when v_list.far and not v_list.by_time then v_issues / 2
                                     when v_list.far then 2147483647 end,
                   case when v_list.far and v_list.by_time then now() - v_issues / 2 * interval '1 second' end);
        for v_number in 1..v_pages loop
            v_best := 'infinity';
            for v_turn in 1..3 loop
                v_started := clock_timestamp();
                select l.* into v_call
                  from list_issues((v_account, 'octo/lists', null, null)::repository_ref,
                                   (v_list.closed, v_list.pending, v_list.phase, v_list.stale_for, null, null, null, null)::issue_filter,
                                   v_list.by_time, v_page.f2, v_page.f3, 100) l;
                v_best := least(v_best, 1000 * extract(epoch from clock_timestamp() - v_started));
            end loop;
            v_most := greatest(v_most, v_best);
            v_times := v_times || v_best;
            v_found := v_found + jsonb_array_length(v_call.issues);
            v_page := (null::jsonb, v_call.next_issue, v_call.next_time);
            exit when v_call.next_issue is null;
        end loop;
        v_longest := greatest(v_longest, v_most);
        raise info '% ms  list % % from the % pending=% phase=% stale_for=%: % issues', to_char(v_most, '990.0'),
            case when v_list.closed then 'closed' else 'open' end,
            case when v_list.by_time then 'by time' else 'by number' end,
            case when v_list.far then 'middle' else 'beginning' end,
            coalesce(v_list.pending::text, '-'), coalesce(v_list.phase::text, '-'),
            coalesce(left(v_list.stale_for, 3) || '…', '-'), v_found;
    end loop;
    raise info 'lists: p50 % ms, most % ms (% pages)',
        (select round(percentile_cont(0.5) within group (order by t)::numeric, 1) from unnest(v_times) t),
        round(v_longest::numeric, 1), cardinality(v_times);
    for v_call in
        select * from (values
            ('account_usage', 3, 'select account_usage($1, 100, 5000)'),
            ('count_usage, a slice', 20, 'select count_usage(''00000000-0000-0000-0000-000000000000'', 100, 2500, 5000)'),
            ('sweep_repositories', 3, 'select sweep_repositories($1, ''{}'', ''00000000-0000-0000-0000-000000000000'', 100, 200)'),
            ('sweep_account_closed', 3, 'select sweep_account_closed($1, 200)'),
            ('sweep_issues, a page', 3, 'select sweep_issues($1, $2, ''{}'', 1000, 2000)'),
            ('prune_lifecycle, a batch', 3,
             'select prune_lifecycle(interval ''30 days'', $1, $2, 1000, 1000)'),
            ('prune_events, a batch', 3, 'select prune_events(''00000000-0000-0000-0000-000000000000'', interval ''1 day'',
                                                            null, 500)'),
            ('purge_batch', 5, 'select purge_batch(100, null, null)')
        ) calls (name, turns, call)
    loop
        v_best := 'infinity';
        for v_turn in 1..v_call.turns loop
            v_started := clock_timestamp();
            execute v_call.call using v_account, v_repository;
            v_best := least(v_best, 1000 * extract(epoch from clock_timestamp() - v_started));
        end loop;
        v_longest := greatest(v_longest, v_best);
        raise info '% ms  %', to_char(v_best, '990.0'), v_call.name;
    end loop;
    if v_longest > v_limit then
        raise exception 'the longest took % ms, and % ms is the limit', round(v_longest::numeric, 1), v_limit;
    end if;
end
$$;
