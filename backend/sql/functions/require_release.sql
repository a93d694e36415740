-- Raises PD426 while a server of an older release runs, which would not understand what the caller is about to write.
create function require_release(p_release integer)
returns void
language plpgsql as $$
declare
    v_oldest integer;
begin
    select min(i.release) into v_oldest from server_instance i where is_running(i.last_seen_at);
    if v_oldest < p_release then
        raise exception 'a server of release % is running, and this needs release %', v_oldest, p_release
            using errcode = 'PD426';
    end if;
end
$$;
