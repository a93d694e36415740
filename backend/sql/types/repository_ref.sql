-- A repository as a request names it. Whoever has proof of its numeric id gives that, and the time of the proof.
create type repository_ref as (account uuid, name text, external_id bigint, proven_at timestamptz);
