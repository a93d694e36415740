-- A try that was begun did not take place: the database was not there. It is not counted, and due at once.
create function release_webhook(p_id bigint, p_unfinished integer)
returns void
language plpgsql as $$
begin
    perform set_config('phase_data.task', 'webhook', true);
    update webhook_delivery d set unfinished = d.unfinished - 1, next_try_at = clock_timestamp()
     where d.id = p_id and d.unfinished = p_unfinished and d.state = 'pending';
end
$$;
