-- That an issue, a repository or an account is closed, or open again: since when (null: since now), and the forge's own time of
-- what it told. With purge, nothing of it is kept; with dry_run, nothing changes; the grace is how long it can be brought
-- back, unless the account says otherwise.
create type lifecycle_change as (
    closed boolean, at timestamptz, as_of timestamptz, purge boolean, dry_run boolean, grace_seconds double precision
);
