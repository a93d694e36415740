-- Returns how many events prune_events() would remove of each account now.
create function events_due(p_kept_for interval)
returns table (account uuid, due bigint)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off as $$
declare
    v_kept_for interval;
begin
    perform set_config('phase_data.task', 'events', true);
    for account, v_kept_for in
        select a.id, coalesce(a.events_kept_for, p_kept_for) from forge_account a
         where coalesce(a.events_kept_for, p_kept_for) is not null
         order by a.id
    loop
        perform set_config('phase_data.account', account::text, true);
        select count(*) into due from phase_event e
         where e.forge_account_id = account and e.at < now() - v_kept_for;
        if due > 0 then
            return next;
        end if;
    end loop;
end
$$;
