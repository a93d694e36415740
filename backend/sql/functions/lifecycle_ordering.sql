-- The order of a change of state relative to the newest one before it: newer, duplicate (applied again, for documents that were
-- still on their way the first time) or stale (changes nothing). The newest counts, and a tie is in favour of what is open. A
-- change that the forge states of an older time than an earlier one is stale, whenever that arrived.
create function lifecycle_ordering(
    p_closed boolean, p_at timestamptz, p_as_of timestamptz,
    p_newest_closed boolean, p_newest_at timestamptz, p_newest_as_of timestamptz
)
returns text
language sql immutable as $$
    select case when p_newest_at is null then 'newer'
                when p_as_of < p_newest_as_of then 'stale'
                when p_newest_closed = p_closed and p_newest_at = p_at then 'duplicate'
                when p_newest_at > p_at or (p_newest_at = p_at and p_closed) then 'stale'
                else 'newer' end
$$;
