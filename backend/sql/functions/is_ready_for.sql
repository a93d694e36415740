-- Tells whether a phase is the one before this one, and its result lets this one begin: it is completed, and if it is one of
-- validate, its outcome is confirmed or not stated.
create function is_ready_for(p_next phase, p_phase phase, p_status text, p_outcome text)
returns boolean
language sql immutable as $$
    select p_phase = phase_before(p_next) and p_status = 'completed' and coalesce(p_outcome, 'confirmed') = 'confirmed'
$$;
