-- The entity tag of a document, without its quotes. It names one content for ever: a revision has one content within a row,
-- and the digits behind it tell rows apart that had the same place one after the other.
create function entity_tag(p_id uuid, p_revision bigint, p_data_sha256 bytea)
returns text
language sql immutable as $$
    select p_revision::text || '-' || left(encode(sha256(uuid_send(p_id) || p_data_sha256), 'hex'), 8)
$$;
