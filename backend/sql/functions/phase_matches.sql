-- Tells whether a phase is one that the filter of a list asks for. All of the filter's conditions on phases are about one.
create function phase_matches(
    p_filter issue_filter, p_phase phase, p_commit_sha text, p_status text, p_outcome text, p_updated_at timestamptz
)
returns boolean
language sql stable as $$
    select (p_filter.phase is null or p_phase = p_filter.phase)
       and (p_filter.stale_for is null or p_commit_sha is distinct from p_filter.stale_for)
       and (p_filter.status is null or p_status = p_filter.status)
       and (p_filter.outcome is null or p_outcome = p_filter.outcome)
       and (p_filter.older_than_seconds is null
            or p_updated_at < now() - make_interval(secs => p_filter.older_than_seconds))
$$;
