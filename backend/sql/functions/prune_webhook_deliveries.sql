-- Forgets settled deliveries after a while, a batch at a time, and counts those that wait for too long.
create function prune_webhook_deliveries(p_keep interval, p_stuck_after interval, p_limit integer)
returns table (forgotten bigint, stuck bigint, oldest timestamptz)
language plpgsql as $$
begin
    perform set_config('phase_data.task', 'webhook', true);
    with old as (
        delete from webhook_delivery where id in (
            select d.id from webhook_delivery d
             where d.received_at < now() - p_keep and d.state <> 'pending'
             order by d.received_at limit p_limit for update skip locked)
        returning 1
    )
    select count(*) into forgotten from old;
    select count(*), min(d.received_at) into stuck, oldest from webhook_delivery d
     where d.state = 'pending' and d.received_at < now() - p_stuck_after;
    return next;
end
$$;
