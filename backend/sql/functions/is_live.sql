-- Whether a row can be seen.
create function is_live(d phase_data)
returns boolean
language sql stable as $$
    select d.deleted_at is null and (d.expires_at is null or d.expires_at > now())
$$;
