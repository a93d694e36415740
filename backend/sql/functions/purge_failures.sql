-- The rows whose purge failed, the newest failures first. Of rows that are gone nothing is kept.
create function purge_failures(p_limit integer)
returns table (
    account uuid, repository text, issue_number integer, phase phase, tries integer, reason text, next_try_at timestamptz
)
language plpgsql as $$
begin
    perform set_config('phase_data.task', 'purge', true);
    delete from purge_failure f where not exists (select from phase_data d where d.id = f.phase_data_id);
    return query
        select d.forge_account_id, coalesce(r.name, d.repository), d.issue_number, d.phase, f.tries, f.reason,
               case when f.tries < 12 then f.next_try_at end
          from purge_failure f join phase_data d on d.id = f.phase_data_id
          left join repository r on r.forge_account_id = d.forge_account_id and r.id = d.repository_id
         order by f.next_try_at desc limit p_limit;
end
$$;
