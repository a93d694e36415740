-- An issue's receipts, the newest first, from before the given one on.
create function phase_events(
    p_account uuid, p_repository text, p_repository_id bigint, p_issue integer, p_before bigint, p_limit integer
)
returns setof event_record
language plpgsql as $$
declare
    v_key text;
begin
    perform set_config('phase_data.account', p_account::text, true);
    v_key := repository_key(p_account, p_repository, p_repository_id);
    return query
        select e.id, e.kind, e.phase, e.revision, e.data_bytes, e.data_sha256, e.actor, e.request_id, e.at
          from phase_event e
         where e.forge_account_id = p_account and e.repository = v_key and e.issue_number = p_issue
           and (p_before is null or e.id < p_before)
         order by e.id desc limit p_limit;
end
$$;
