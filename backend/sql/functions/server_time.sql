-- The time by the server's clock.
create function server_time()
returns timestamptz
language sql volatile as $$
    select clock_timestamp()
$$;
