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
