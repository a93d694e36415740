-- Whether only the purge has to do with a row any more.
create function is_over(d phase_data)
returns boolean
language sql volatile as $$
    select coalesce(d.purge_at <= clock_timestamp(), false) or coalesce(d.expires_at <= clock_timestamp(), false)
$$;
