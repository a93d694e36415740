-- Refuses a statement that begins too late by the server's clock: its client has given up, and others have written since.
create function in_time(p_not_after timestamptz)
returns void
language plpgsql volatile as $$
begin
    if clock_timestamp() > p_not_after then
        raise exception 'the statement came too late' using errcode = 'PD503';
    end if;
end
$$;
