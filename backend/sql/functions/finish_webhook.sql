-- Says what became of a delivery that was taken: done, or why it failed. Then it is tried again: 12 times, over
-- half an hour, each time after a longer pause. What is settled begins anew if it is ever delivered again.
create function finish_webhook(p_id bigint, p_failure text)
returns table (delivery_id text, event text, state text, attempts integer, reason text)
language plpgsql as $$
#variable_conflict use_column
declare
    v_attempts integer;
    v_state    text := 'done';
begin
    perform set_config('phase_data.task', 'webhook', true);
    if p_failure is not null then
        select d.attempts + 1 into v_attempts from webhook_delivery d where d.id = p_id;
        v_state := case when v_attempts < 12 then 'pending' else 'failed' end;
    end if;
    return query
        update webhook_delivery d
           set state = v_state, reason = p_failure, attempts = coalesce(v_attempts, d.attempts),
               unfinished = greatest(d.unfinished - 1, 0),
               effects = case when v_state = 'pending' then d.effects end,
               progress = case when v_state = 'pending' then d.progress end,
               next_try_at = case when v_state = 'pending' then clock_timestamp()
                   + least(interval '1 second' * 2 ^ (v_attempts - 1), interval '10 minutes') end,
               finished_at = case when v_state <> 'pending' then clock_timestamp() end
         where d.id = p_id
        returning d.delivery_id, d.event, d.state, d.attempts, d.reason;
end
$$;
