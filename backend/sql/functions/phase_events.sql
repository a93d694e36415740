-- An issue's events, the newest first, from before the given one on: also those from before its repository's row took over
-- another one.
create function phase_events(p_repository repository_ref, p_issue integer, p_before bigint, p_limit integer)
returns setof event_record
language plpgsql as $$
declare
    v_ids uuid[];
begin
    perform set_config('phase_data.account', (p_repository.account)::text, true);
    v_ids := repositories_to_read(p_repository);
    v_ids := v_ids || array(select r.id from repository r
                             where r.forge_account_id = p_repository.account and r.merged_into = any (v_ids));
    return query
        select e.id, e.kind, e.phase, e.revision, e.etag, e.data_bytes, e.data_sha256, e.status,
               e.outcome, e.reason, e.attempt, e.actor, e.request_id, e.at
          from phase_event e
         where e.forge_account_id = p_repository.account and e.repository_id = any (v_ids)
           and e.issue_number = p_issue and (p_before is null or e.id < p_before)
         order by e.id desc limit p_limit;
end
$$;
