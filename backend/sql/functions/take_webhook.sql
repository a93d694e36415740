-- Takes the next due delivery and counts a try. Until the next one is due, nobody else takes it. Accounts come in turn,
-- in the order of their ids: the first one after p_after that has a delivery due, and p_after itself last. Within an
-- account the delivery that is due for the longest time comes first. One whose tries did not end three times is set
-- aside: it comes back as failed, and is not begun.
-- The settings leave the planner the index alone. By statistics from before a flood it would read and sort the flood.
-- Compilation is off, because the planner's estimates are too high with these settings.
-- The count must survive an end of its client, but not of PostgreSQL: the commit does not wait for the disk.
create function take_webhook(p_after uuid default null)
returns setof webhook_record
language plpgsql
set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off set jit = off as $$
declare
    -- Before the first account.
    c_start constant uuid := uuid '00000000-0000-0000-0000-000000000000';
    v_id    bigint;
begin
    perform set_config('phase_data.task', 'webhook', true), set_config('synchronous_commit', 'off', true);
    for v_round in 1 .. 2 loop
        select d.id into v_id from webhook_delivery d
         where d.state = 'pending' and d.next_try_at <= now()
           and d.forge_account_id > case when v_round = 1 then coalesce(p_after, c_start) else c_start end
         order by d.forge_account_id, d.next_try_at, d.id limit 1 for update skip locked;
        exit when found;
    end loop;
    if v_id is null then
        return;
    end if;
    return query
        update webhook_delivery d
           set unfinished = d.unfinished + 1,
               next_try_at = clock_timestamp()
                   + least(interval '1 second' * 2 ^ least(d.attempts + d.unfinished, 20), interval '10 minutes')
         where d.id = v_id and d.unfinished < 3
        returning d.id, d.forge_account_id, d.delivery_id, d.event, d.action, d.state, d.reason, d.effects, d.progress,
               d.attempts, d.unfinished, d.request_id, d.received_at, d.next_try_at, d.finished_at;
    if not found then
        return query
            update webhook_delivery d
               set state = 'failed', effects = null, progress = null, next_try_at = null, finished_at = clock_timestamp(),
                   reason = format('the backend ended %s times while it worked on this', d.unfinished)
             where d.id = v_id
            returning d.id, d.forge_account_id, d.delivery_id, d.event, d.action, d.state, d.reason, d.effects, d.progress,
               d.attempts, d.unfinished, d.request_id, d.received_at, d.next_try_at, d.finished_at;
    end if;
end
$$;
