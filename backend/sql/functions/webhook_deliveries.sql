-- An account's deliveries, the newest first, from before the given one on.
create function webhook_deliveries(p_account uuid, p_state text, p_before bigint, p_limit integer)
returns setof webhook_record
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        select d.id, d.forge_account_id, d.delivery_id, d.event, d.action, d.state, d.reason, d.effects, d.progress,
               d.attempts, d.unfinished, d.request_id, d.received_at, d.next_try_at, d.finished_at
          from webhook_delivery d
         where d.forge_account_id = p_account and (p_state is null or d.state = p_state)
           and (p_before is null or d.id < p_before)
         order by d.id desc limit p_limit;
end
$$;
