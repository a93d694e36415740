-- Returns these issues as items of a list, in the JSON of the contract: in this order, or by the time of the last change,
-- newest first. The tenant is set.
-- The settings leave only indexes to the planner: with statistics from before a flood it would read whole tables.
create function issues_as_json(p_account uuid, p_repository_id uuid, p_closed boolean, p_by_time boolean, p_numbers integer[])
returns jsonb
language plpgsql stable
set enable_seqscan = off set enable_bitmapscan = off as $$
begin
    return (
        select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                   'issue_number', n.issue_number, 'updated_at', time_as_json(i.updated_at), 'phases', i.phases,
                   'claims', (select jsonb_agg(claim_facts(a) order by a.phase) from attempt a
                               where a.forge_account_id = p_account and a.repository_id = p_repository_id
                                 and a.issue_number = n.issue_number and a.ended_at is null
                                 and a.lease_ends_at > clock_timestamp()),
                   'closed_at', case when p_closed then
                       time_as_json(coalesce(closed_since(p_account, p_repository_id, n.issue_number), i.deleted_at)) end,
                   'kept_until', case when p_closed then time_as_json(i.kept_until) end)) 
                   order by case when p_by_time then i.updated_at end desc, n.place), '[]')
          from unnest(p_numbers) with ordinality n (issue_number, place)
         cross join lateral (
            select max(d.updated_at) as updated_at, min(d.deleted_at) as deleted_at,
                   min(least(d.purge_at, d.expires_at)) as kept_until,
                   jsonb_agg(phase_facts(d) order by d.phase) as phases
              from phase_data d
             where d.forge_account_id = p_account and d.repository_id = p_repository_id and d.issue_number = n.issue_number
               and case when p_closed then can_return(d.deleted_at, d.purge_at, d.expires_at)
                        else is_live(d.deleted_at, d.expires_at) end
         ) i);
end
$$;
