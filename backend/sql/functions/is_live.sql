-- Whether what was hidden and expires at these times can be seen now.
create function is_live(p_deleted_at timestamptz, p_expires_at timestamptz)
returns boolean
language sql volatile as $$
    select p_deleted_at is null and (p_expires_at is null or p_expires_at > clock_timestamp())
$$;
