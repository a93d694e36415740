-- Removes a server that stops, and notes when its functions were last used.
create function remove_server(p_id uuid)
returns void
language plpgsql as $$
begin
    update function_schema f set last_served_at = clock_timestamp()
      from server_instance i where i.id = p_id and f.name = i.function_schema;
    delete from server_instance i where i.id = p_id;
end
$$;
