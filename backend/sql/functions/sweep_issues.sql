-- The issues of a repository among its next p_rows rows: when the document was stored that was left alone for the longest
-- time, of those that can be seen (or could be, with what p_back names), and since when the issue is known to be closed,
-- if any was hidden for that; neither, if nothing of it matters to a sweep. None are left where this answers nothing.
-- The settings leave the planner the indexes alone: by statistics from before a flood it would sort all of the repository.
create function sweep_issues(p_account uuid, p_repository_id uuid, p_back text[], p_after_issue integer, p_rows integer)
returns table (issue_number integer, first_stored timestamptz, closed_at timestamptz)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
#variable_conflict use_column
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        with walked as materialized (
            select d.issue_number, d.last_stored_at, d.deleted_at, is_live_with(d, p_back) as is_live,
                   d.closed_by = 'issue' and can_return(d.deleted_at, d.purge_at, d.expires_at) as is_closed
              from phase_data d
             where d.forge_account_id = p_account and d.repository_id = p_repository_id and d.issue_number > p_after_issue
             order by d.issue_number limit p_rows
        ), reached as materialized (
            -- The issue of the last row may have more of them.
            select case when count(*) = p_rows then max(w.issue_number) end as issue_number from walked w
        ), issues as (
            select w.issue_number, min(w.last_stored_at) filter (where w.is_live) as first_stored,
                   min(w.deleted_at) filter (where w.is_closed) as deleted_at
              from walked w, reached r
             where r.issue_number is null or w.issue_number < r.issue_number
             group by w.issue_number
        )
        select i.issue_number, i.first_stored,
               case when i.deleted_at is not null
                    then coalesce(closed_since(p_account, p_repository_id, i.issue_number), i.deleted_at) end
          from issues i order by i.issue_number;
end
$$;
