-- The value, if the statement began in time by the server's clock.
create function in_time(p_not_after timestamptz, p_value text)
returns text
language plpgsql volatile as $$
begin
    if clock_timestamp() > p_not_after then
        raise exception 'the statement came too late' using errcode = 'PD503';
    end if;
    return p_value;
end
$$;
