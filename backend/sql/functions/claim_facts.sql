-- Returns a claim that lives as a part of an item of a list, in the JSON of the contract.
create function claim_facts(a attempt)
returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'phase', a.phase, 'attempt', a.number,
        'holder', coalesce(a.key_name, a.actor ->> 'actor', a.actor ->> 'key_id'),
        'since', time_as_json(a.started_at), 'until', time_as_json(a.lease_ends_at))
$$;
