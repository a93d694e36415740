-- A claim on a phase: the id that the caller made, the lease, the commit that the work is for, and whether it ends a claim of
-- somebody else.
create type claim_request as (claim_id uuid, ttl_seconds double precision, commit_sha text, force boolean);
