-- The delivery that was taken, for this transaction, and names its tenant. Nothing, if somebody else has taken it since.
create function begin_webhook(p_id bigint, p_unfinished integer)
returns setof webhook_record
language plpgsql as $$
declare
    v_row webhook_record;
begin
    perform set_config('phase_data.task', 'webhook', true);
    select d.id, d.forge_account_id, d.delivery_id, d.event, d.action, d.state, d.reason, d.effects, d.progress,
           d.attempts, d.unfinished, d.request_id, d.received_at, d.next_try_at, d.finished_at
      into v_row from webhook_delivery d
     where d.id = p_id and d.unfinished = p_unfinished and d.state = 'pending' for update skip locked;
    if found then
        perform set_config('phase_data.account', v_row.forge_account_id::text, true);
        return next v_row;
    end if;
end
$$;
