-- How long an account's events are kept (null: as the server is set, which is for ever unless its operator says
-- otherwise).
alter table forge_account
    add column events_kept_for interval
        constraint forge_account_events_kept_for check (events_kept_for >= interval '1 day');
grant update (events_kept_for) on forge_account to phase_data_app;

-- An account's own times; with p_set, after setting them.
drop function account_retention(uuid, boolean, interval, interval);
create function account_retention(
    p_account uuid, p_set boolean, p_grace interval, p_time_to_live interval, p_events_kept_for interval,
    out grace interval, out time_to_live interval, out events_kept_for interval
)
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    if p_set then
        update forge_account a
           set grace = p_grace, time_to_live = p_time_to_live, events_kept_for = p_events_kept_for
         where a.id = p_account;
    end if;
    select a.grace, a.time_to_live, a.events_kept_for into grace, time_to_live, events_kept_for
      from forge_account a where a.id = p_account;
end
$$;

-- What an account's events of the last days are, and which of them are the oldest, without looking at other accounts'.
create index phase_event_account_at on phase_event (forge_account_id, at);
drop index phase_event_at;

-- Events are append-only, except that old ones end. Only the task that does that may remove any, and none of the last
-- day, whatever it is told.
create policy events_end on phase_event as restrictive for delete to phase_data_app
    using (current_setting('phase_data.task', true) = 'events' and at < now() - interval '1 day');
grant delete on phase_event to phase_data_app;
-- It has to find the accounts.
create policy events on forge_account for select to phase_data_app
    using (current_setting('phase_data.task', true) = 'events');

-- Removes the oldest of the events that the next account after p_after keeps no longer, from p_from on, a batch of them.
-- Answers which account that is, and up to which time its events were removed; nothing after the last account.
-- The settings leave the planner the indexes alone: by statistics from before a flood it would read whole tables.
create function prune_events(p_after uuid, p_kept_for interval, p_from timestamptz, p_limit integer)
returns table (account uuid, removed bigint, reached timestamptz)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
declare
    v_kept_for interval;
    v_from     timestamptz := coalesce(p_from, '-infinity');
    v_before   timestamptz;
begin
    perform set_config('phase_data.task', 'events', true);
    select a.id, coalesce(a.events_kept_for, p_kept_for) into account, v_kept_for from forge_account a
     where a.id > p_after and coalesce(a.events_kept_for, p_kept_for) is not null
     order by a.id limit 1;
    if not found then
        return;
    end if;
    perform set_config('phase_data.account', account::text, true);
    v_before := now() - v_kept_for;
    -- By their times, and not by their ids: the condition on the account that row-level security adds would lead the
    -- planner to an index with all events of the account.
    select e.at into reached from phase_event e
     where e.forge_account_id = account and e.at >= v_from and e.at <= v_before
     order by e.at limit 1 offset p_limit - 1;
    delete from phase_event e
     where e.forge_account_id = account and e.at >= v_from and e.at <= coalesce(reached, v_before);
    get diagnostics removed = row_count;
    return next;
end
$$;

-- How many events prune_events() would remove of each account now.
create function events_due(p_kept_for interval)
returns table (account uuid, due bigint)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off as $$
declare
    v_kept_for interval;
begin
    perform set_config('phase_data.task', 'events', true);
    for account, v_kept_for in
        select a.id, coalesce(a.events_kept_for, p_kept_for) from forge_account a
         where coalesce(a.events_kept_for, p_kept_for) is not null
         order by a.id
    loop
        perform set_config('phase_data.account', account::text, true);
        select count(*) into due from phase_event e
         where e.forge_account_id = account and e.at < now() - v_kept_for;
        if due > 0 then
            return next;
        end if;
    end loop;
end
$$;
