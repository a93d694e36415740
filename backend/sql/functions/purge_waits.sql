-- Returns true if the purge skips a row, until its next attempt or permanently.
create function purge_waits(p_id uuid)
returns boolean
language sql stable as $$
    select exists (select from purge_failure f
                    where f.phase_data_id = p_id and (f.tries >= 12 or f.next_try_at > now()))
$$;
