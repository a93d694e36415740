create or replace function is_event_kind(p_kind text) returns boolean language plpgsql immutable as $$
begin
    return p_kind in ('stored', 'deleted', 'claimed');
end
$$;
