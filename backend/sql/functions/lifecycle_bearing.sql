-- How a notice stands to the newest one before it: new, repeated (it is obeyed, for what was still on its way the first time)
-- or late (it changes nothing). The newest counts, and a tie is in favour of what is open. What the forge told of an older
-- time than it told before is late, whenever that came.
create function lifecycle_bearing(
    p_closed boolean, p_at timestamptz, p_as_of timestamptz,
    p_newest_closed boolean, p_newest_at timestamptz, p_newest_as_of timestamptz
)
returns text
language sql immutable as $$
    select case when p_newest_at is null then 'new'
                when p_as_of < p_newest_as_of then 'late'
                when p_newest_closed = p_closed and p_newest_at = p_at then 'repeated'
                when p_newest_at > p_at or (p_newest_at = p_at and p_closed) then 'late'
                else 'new' end
$$;
