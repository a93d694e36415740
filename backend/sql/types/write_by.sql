-- The actor and the request of a write; for an id token, also the token that the write uses up, and a digest of the request.
create type write_by as (
    actor jsonb, request_id text, jti text, request_sha256 bytea, token_expires_at timestamptz
);
