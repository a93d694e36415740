-- Who writes, in which request; with the id token that the write uses up, if that is the credential, and a digest of what is
-- asked.
create type write_by as (
    actor jsonb, request_id text, jti text, request_sha256 bytea, token_expires_at timestamptz
);
