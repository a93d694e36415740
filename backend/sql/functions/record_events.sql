-- Notes for each of these documents what becomes of it, in the order of their places. The tenant is set.
create function record_events(p_ids uuid[], p_kind text, p_by write_by)
returns void
language plpgsql as $$
begin
    if cardinality(p_ids) > 0 then
        insert into phase_event (forge_account_id, repository_id, issue_number, phase, kind, revision, actor,
                                 request_id)
        select d.forge_account_id, d.repository_id, d.issue_number, d.phase, p_kind, d.revision, p_by.actor,
               p_by.request_id
          from phase_data d where d.id = any (p_ids)
         order by d.repository_id, d.issue_number, d.phase;
    end if;
end
$$;
