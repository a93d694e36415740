-- A time as the contract spells it.
create function time_as_json(p_time timestamptz)
returns text
language sql stable as $$
    select to_char(p_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
