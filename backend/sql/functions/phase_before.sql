-- The phase that comes before another; null before a scan.
create function phase_before(p_phase phase)
returns phase
language sql immutable as $$
    select case p_phase when 'validate' then 'scan' when 'mitigate' then 'validate' end::phase
$$;
