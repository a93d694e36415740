-- The issues of a repository that have live data, or with p_closed hidden data that can be brought back: a page of
-- them as the contract spells it, each with its phases and without any document, and the place from which the list goes
-- on; null at its end. Filters that are null do not filter. Of what is hidden it is told since when the issue is known to
-- be closed, and until when all of it can be brought back.
-- However few issues match, a page looks at no more than v_left rows, and has then fewer issues than p_limit, or none. It
-- looks at a few rows first: without filters they are enough.
-- It is stable so that all of a page is read in one snapshot. The tenant is set.
create function page_of_issues(
    p_account uuid, p_repository_id uuid, p_filter issue_filter, p_by_time boolean, p_after_issue integer,
    p_after_time timestamptz, p_limit integer
)
returns table (issues jsonb, next_issue integer, next_time timestamptz)
language plpgsql stable as $$
declare
    -- A merge may have come since the repository was found.
    v_id      constant uuid := (select coalesce(r.merged_into, r.id) from repository r
                                 where r.forge_account_id = p_account and r.id = p_repository_id);
    -- By time, the other rows of an issue are looked up for each of its rows.
    v_left    integer := case when p_by_time then 1000 else 4000 end;
    v_rows    integer := 3 * (p_limit + 1);
    v_step    record;
    v_numbers integer[] := array[]::integer[];
    v_times   timestamptz[] := array[]::timestamptz[];
begin
    next_issue := coalesce(p_after_issue, case when p_by_time then 2147483647 else 0 end);
    next_time := coalesce(p_after_time, 'infinity');
    loop
        v_rows := least(v_rows, v_left);
        -- One more than asked for shows whether there are more.
        if p_by_time then
            select * into v_step from issues_by_time(
                p_account, v_id, p_filter, next_issue, next_time, v_rows,
                p_limit + 1 - cardinality(v_numbers));
            next_time := v_step.next_time;
            v_times := v_times || v_step.times;
        else
            select * into v_step from issues_by_number(
                p_account, v_id, p_filter, next_issue, v_rows,
                p_limit + 1 - cardinality(v_numbers));
        end if;
        next_issue := v_step.next_issue;
        v_numbers := v_numbers || v_step.numbers;
        v_left := v_left - v_rows;
        v_rows := v_rows * 4;
        exit when cardinality(v_numbers) > p_limit or next_issue is null or v_left = 0;
    end loop;
    if cardinality(v_numbers) > p_limit then
        next_issue := v_numbers[p_limit];
        next_time := v_times[p_limit];
    elsif not p_by_time then
        next_time := null;
    end if;
    issues := issues_as_json(p_account, v_id, p_filter.closed, p_by_time, v_numbers[:p_limit]);
    return next;
end
$$;
