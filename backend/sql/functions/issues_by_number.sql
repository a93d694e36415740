-- The first issues of a list by number, up to p_wanted, among the next p_rows rows of the repository. The tenant is set.
-- There may be more from behind next_issue on, unless that is null.
-- The settings leave the planner the indexes alone: by statistics from before a flood it would sort all of the repository.
create function issues_by_number(
    p_account uuid, p_repository_id uuid, p_filter issue_filter,
    p_after_issue integer, p_rows integer, p_wanted integer
)
returns table (numbers integer[], next_issue integer)
language plpgsql stable
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
begin
    return query
        with walked as materialized (
            select d.issue_number, d.phase, d.commit_sha, d.status, d.outcome, d.updated_at,
                   case when p_filter.closed then can_return(d.deleted_at, d.purge_at, d.expires_at)
                            else is_live(d.deleted_at, d.expires_at) end as is_listed
              from phase_data d
             where d.forge_account_id = p_account and d.repository_id = p_repository_id and d.issue_number > p_after_issue
             order by d.issue_number limit p_rows
        ), reached as materialized (
            -- The issue of the last row may have more of them.
            select case when count(*) = p_rows then max(w.issue_number) end as issue_number from walked w
        ), found as (
            select w.issue_number from walked w, reached r
             where w.is_listed and (r.issue_number is null or w.issue_number < r.issue_number)
             group by w.issue_number
            having (p_filter.pending is null
                    or (bool_or(is_ready_for(
                            p_next => p_filter.pending, p_phase => w.phase, p_status => w.status, p_outcome => w.outcome))
                        and not bool_or(w.phase = p_filter.pending)))
               and bool_or(phase_matches(
                       p_filter => p_filter, p_phase => w.phase, p_commit_sha => w.commit_sha, p_status => w.status,
                       p_outcome => w.outcome, p_updated_at => w.updated_at))
               and (p_filter.pending is null or not is_claimed(
                       p_account => p_account, p_repository_id => p_repository_id, p_issue => w.issue_number,
                       p_phase => p_filter.pending, p_claim_id => null))
               and (p_filter.claimed is null or p_filter.claimed = is_claimed(
                       p_account => p_account, p_repository_id => p_repository_id, p_issue => w.issue_number,
                       p_phase => null, p_claim_id => null))
             order by w.issue_number limit p_wanted
        )
        select array(select f.issue_number from found f order by f.issue_number), r.issue_number - 1 from reached r;
end
$$;
