-- Gives a server's sign of life, the first one or the next.
create function announce_server(p_id uuid, p_function_schema text, p_release integer)
returns void
language plpgsql as $$
begin
    insert into server_instance (id, function_schema, release) values (p_id, p_function_schema, p_release)
    on conflict (id) do update set last_seen_at = clock_timestamp();
end
$$;
