-- Whether a row is hidden, and can still be brought back.
create function can_return(d phase_data)
returns boolean
language sql stable as $$
    select d.deleted_at is not null and d.purge_at > now() and (d.expires_at is null or d.expires_at > now())
$$;
