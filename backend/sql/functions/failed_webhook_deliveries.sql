-- The deliveries of all accounts that failed for good, the newest first.
create function failed_webhook_deliveries(p_limit integer)
returns setof webhook_record
language plpgsql as $$
begin
    perform set_config('phase_data.task', 'webhook', true);
    return query
        select d.id, d.forge_account_id, d.delivery_id, d.event, d.action, d.state, d.reason, d.effects, d.progress,
               d.attempts, d.unfinished, d.request_id, d.received_at, d.next_try_at, d.finished_at
          from webhook_delivery d where d.state = 'failed' order by d.id desc limit p_limit;
end
$$;
