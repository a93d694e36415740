-- Returns an attempt in the JSON of the contract, but for the link to its run. One that nobody replaced after its lease is
-- shown as lapsed: others may claim the phase. The holder is its user or the name of its key, or the key's id, if the key was
-- deleted with its account before it claimed.
create function attempt_as_json(a attempt)
returns jsonb
language sql volatile as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'number', a.number,
        'state', case when a.ended_at is null and a.lease_ends_at <= clock_timestamp() then 'lapsed' else a.state end,
        'holder', coalesce(a.key_name, a.actor ->> 'actor', a.actor ->> 'key_id'),
        'actor', a.actor, 'commit_sha', a.commit_sha,
        'started_at', time_as_json(a.started_at), 'lease_ends_at', time_as_json(a.lease_ends_at),
        'ended_at', time_as_json(a.ended_at), 'reason', a.reason, 'late', a.late))
$$;
