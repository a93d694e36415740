-- An event of a phase.
create type event_record as (
    id bigint, kind text, phase phase, revision bigint, etag text, data_bytes bigint, data_sha256 bytea,
    status text, outcome text, reason text, attempt integer, actor jsonb, request_id text, at timestamptz
);
