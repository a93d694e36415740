-- Returns true if a row can no longer be restored or seen, and waits only for the purge.
create function is_over(p_purge_at timestamptz, p_expires_at timestamptz)
returns boolean
language sql volatile as $$
    select coalesce(p_purge_at <= clock_timestamp(), false) or not is_live(null, p_expires_at)
$$;
