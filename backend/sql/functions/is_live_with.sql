-- Returns true if a row is visible, or would be after a restoration of what these scopes hid.
create function is_live_with(d phase_data, p_back text[])
returns boolean
language sql volatile as $$
    select is_live(d.deleted_at, d.expires_at)
        or (d.closed_by = any (p_back) and can_return(d.deleted_at, d.purge_at, d.expires_at))
$$;
