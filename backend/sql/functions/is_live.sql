-- Returns true if a row with these times is visible now: neither hidden nor expired.
create function is_live(p_deleted_at timestamptz, p_expires_at timestamptz)
returns boolean
language sql volatile as $$
    select p_deleted_at is null and (p_expires_at is null or p_expires_at > clock_timestamp())
$$;
