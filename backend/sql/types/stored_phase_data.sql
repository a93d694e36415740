-- The result of a store. If a claim refuses it, its attempt in the JSON of the contract.
create type stored_phase_data as (
    effect text, revision bigint, data_bytes bigint, data_sha256 bytea, created_at timestamptz, updated_at timestamptz,
    expires_at timestamptz, commit_sha text, etag text, status text, outcome text, reason text,
    claim jsonb
);
