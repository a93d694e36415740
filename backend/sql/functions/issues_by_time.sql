-- The first issues of a list by the time of their last change (as listed_at has it), the newest first, up to p_wanted, among the next p_rows rows
-- of the repository. The tenant is set. There may be more from behind next_time and next_issue on, unless these are null.
-- The settings leave the planner the indexes alone: by statistics from before a flood it would sort all of the repository.
create function issues_by_time(
    p_account uuid, p_repository_id uuid, p_filter issue_filter,
    p_after_issue integer, p_after_time timestamptz, p_rows integer, p_wanted integer
)
returns table (numbers integer[], times timestamptz[], next_issue integer, next_time timestamptz)
language plpgsql stable
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
#variable_conflict use_column
begin
    return query
        with walked as materialized (
            (select d.listed_at, d.issue_number, can_return(d.deleted_at, d.purge_at, d.expires_at) as is_listed
               from phase_data d
              where p_filter.closed and coalesce(d.deleted_at, '-infinity') <> '-infinity'
                and d.forge_account_id = p_account and d.repository_id = p_repository_id
                and (d.listed_at, d.issue_number) < (p_after_time, p_after_issue)
              order by d.listed_at desc, d.issue_number desc limit p_rows)
            union all
            (select d.listed_at, d.issue_number, is_live(d.deleted_at, d.expires_at)
               from phase_data d
              where not p_filter.closed and coalesce(d.deleted_at, '-infinity') = '-infinity'
                and d.forge_account_id = p_account and d.repository_id = p_repository_id
                and (d.listed_at, d.issue_number) < (p_after_time, p_after_issue)
              order by d.listed_at desc, d.issue_number desc limit p_rows)
        ), reached as materialized (
            select w.listed_at, w.issue_number, count(*) over () as rows from walked w
             order by w.listed_at, w.issue_number limit 1
        ), candidates as materialized (
            -- Another row of the issue that was reached may be listed in its stead.
            select distinct w.listed_at, w.issue_number from walked w
             where w.is_listed or exists (select from reached r where r.issue_number = w.issue_number)
        ), found as (
            select c.listed_at, c.issue_number
              from candidates c
             where c.listed_at = (
                -- An issue stands where its last change is.
                select max(d.listed_at)
                  from phase_data d
                 where d.forge_account_id = p_account and d.repository_id = p_repository_id
                   and d.issue_number = c.issue_number
                   and case when p_filter.closed then can_return(d.deleted_at, d.purge_at, d.expires_at)
                            else is_live(d.deleted_at, d.expires_at) end
                having (p_filter.pending is null
                        or (bool_or(is_ready_for(
                                p_next => p_filter.pending, p_phase => d.phase, p_status => d.status, p_outcome => d.outcome))
                            and not bool_or(d.phase = p_filter.pending)))
                   and bool_or(phase_matches(
                           p_filter => p_filter, p_phase => d.phase, p_commit_sha => d.commit_sha, p_status => d.status,
                           p_outcome => d.outcome, p_updated_at => d.updated_at)))
               and (p_filter.pending is null or not is_claimed(
                       p_account => p_account, p_repository_id => p_repository_id, p_issue => c.issue_number,
                       p_phase => p_filter.pending, p_claim_id => null))
               and (p_filter.claimed is null or p_filter.claimed = is_claimed(
                       p_account => p_account, p_repository_id => p_repository_id, p_issue => c.issue_number,
                       p_phase => null, p_claim_id => null))
             order by c.listed_at desc, c.issue_number desc limit p_wanted
        ), answer as (
            select array_agg(f.issue_number order by f.listed_at desc, f.issue_number desc) as numbers,
                   array_agg(f.listed_at order by f.listed_at desc, f.issue_number desc) as times
              from found f
        )
        select a.numbers, a.times, r.issue_number, r.listed_at
          from answer a left join reached r on r.rows = p_rows;
end
$$;
