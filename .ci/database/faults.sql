-- Functions with faults that only a check finds. Each is named after what is to be found.
create function unknown_column() returns void language plpgsql as $$
begin
    update forge_account set no_such_column = null;
end
$$;
create function unknown_column_sql() returns bigint language sql as $$
    select count(no_such_column) from forge_account
$$;
create function wrong_type() returns void language plpgsql as $$
begin
    update phase_event set revision = array['1'];
end
$$;
create function unused_variable() returns void language plpgsql as $$
declare
    v_unused integer;
begin
end
$$;
create function no_return() returns integer language plpgsql as $$
begin
    if random() > 2 then
        return 1;
    end if;
end
$$;
create function injection(p_name text) returns void language plpgsql as $$
begin
    execute 'select ' || p_name;
end
$$;
create function row_of_a_table() returns setof webhook_secret language plpgsql stable as $$
begin
    return query select s.forge_account_id, s.secret, s.created_at, s.old_secret, s.old_expires_at from webhook_secret s;
end
$$;
create function all_columns() returns table (account uuid, secret text, created timestamptz, old text, expires timestamptz)
language plpgsql stable as $$
begin
    return query select * from webhook_secret;
end
$$;
create function all_columns_sql() returns table (account uuid, secret text, created timestamptz, old text, expires timestamptz)
language sql stable as $$
    select * from webhook_secret
$$;
-- A trigger that needs a search path breaks a restore.
create function phase_data.needs_a_path() returns trigger language plpgsql as $$
begin
    insert into webhook_secret select new.*;
    return null;
end
$$;
create trigger needs_a_path after insert on phase_data.webhook_secret
    for each row execute function phase_data.needs_a_path();
create function with_the_owners_rights() returns void language sql security definer as $$ select $$;
create policy depends_on_a_release on phase_data.webhook_secret using (server_time() is not null);
create type phase_data.other_enum as enum ('a');
create table phase_data.unprotected (forge_account_id uuid);
