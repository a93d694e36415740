-- Whether only the purge has to do with a row any more.
create function is_over(p_purge_at timestamptz, p_expires_at timestamptz)
returns boolean
language sql volatile as $$
    select coalesce(p_purge_at <= clock_timestamp(), false) or not is_live(null, p_expires_at)
$$;
