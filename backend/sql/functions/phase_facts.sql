-- Returns a phase as an item of a list, in the JSON of the contract.
create function phase_facts(d phase_data)
returns jsonb
language sql stable as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'phase', d.phase, 'revision', d.revision, 'commit_sha', d.commit_sha, 'status', d.status,
        'outcome', d.outcome, 'reason', d.reason, 'data_bytes', d.data_bytes,
        'created_at', time_as_json(d.created_at), 'updated_at', time_as_json(d.updated_at),
        'expires_at', time_as_json(d.expires_at)))
$$;
