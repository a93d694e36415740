-- What a list says of a phase, as the contract spells it.
create function phase_facts(d phase_data)
returns jsonb
language sql stable as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'phase', d.phase, 'revision', d.revision, 'commit_sha', d.commit_sha, 'data_bytes', d.data_bytes,
        'created_at', to_char(d.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'updated_at', to_char(d.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'expires_at', to_char(d.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))
$$;
