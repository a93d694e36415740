-- A part of a delivery is done, and there is more. Whatever else is due comes first: a large account keeps nobody waiting.
create function continue_webhook(p_id bigint, p_progress jsonb)
returns void
language plpgsql as $$
begin
    update webhook_delivery d
       set progress = p_progress, attempts = 0, unfinished = 0, reason = null, next_try_at = clock_timestamp()
     where d.id = p_id;
end
$$;
