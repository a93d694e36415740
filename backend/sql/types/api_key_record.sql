-- An API key.
create type api_key_record as (
    id text, forge_account_id uuid, name text, scope text, secret_sha256 bytea, repositories text[],
    created_at timestamptz, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz
);
