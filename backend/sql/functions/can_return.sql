-- Returns true if a row that was hidden at this time can still be restored.
create function can_return(p_deleted_at timestamptz, p_purge_at timestamptz, p_expires_at timestamptz)
returns boolean
language sql volatile as $$
    select p_deleted_at is not null and p_purge_at > clock_timestamp() and is_live(null, p_expires_at)
$$;
