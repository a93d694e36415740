create or replace function wake_waiting() returns trigger language plpgsql as $$
begin
    perform pg_notify('phase_data', '1');
    return null;
end
$$;
