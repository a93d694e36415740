-- A try of a delivery is counted before it begins. One that ends the server, or cuts the connection, leaves a count
-- behind, and a delivery that does so again and again is set aside instead of being begun once more.

-- Tries that were begun, and whose end nobody has told.
alter table webhook_delivery add column unfinished integer not null default 0;

-- Takes the next due delivery and counts a try. Until the next one is due, nobody else takes it. Accounts come in turn,
-- in the order of their ids: the first one after p_after that has a delivery due, and p_after itself last. Within an
-- account the delivery that is due for the longest time comes first. One whose tries did not end three times is set
-- aside: it comes back as failed, and is not begun.
-- The settings leave the planner the index alone. By statistics from before a flood it would read and sort the flood.
-- What the planner then thinks expensive is not worth being compiled.
-- The count need not survive an end of PostgreSQL, only one of its client: nobody waits for the disk.
create or replace function take_webhook(p_after uuid default null)
returns setof webhook_delivery
language plpgsql
set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off set jit = off as $$
declare
    -- Before the first account.
    c_start constant uuid := '00000000-0000-0000-0000-000000000000';
    v_id    bigint;
begin
    perform set_config('phase_data.task', 'webhook', true), set_config('synchronous_commit', 'off', true);
    for v_round in 1 .. 2 loop
        select d.id into v_id from webhook_delivery d
         where d.state = 'pending' and d.next_try_at <= now()
           and d.forge_account_id > case when v_round = 1 then coalesce(p_after, c_start) else c_start end
         order by d.forge_account_id, d.next_try_at, d.id limit 1 for update skip locked;
        exit when found;
    end loop;
    if v_id is null then
        return;
    end if;
    return query
        update webhook_delivery d
           set unfinished = d.unfinished + 1,
               next_try_at = clock_timestamp()
                   + least(interval '1 second' * 2 ^ least(d.attempts + d.unfinished, 20), interval '10 minutes')
         where d.id = v_id and d.unfinished < 3
        returning d.*;
    if not found then
        return query
            update webhook_delivery d
               set state = 'failed', work = null, progress = null, next_try_at = null, settled_at = clock_timestamp(),
                   reason = format('the backend ended %s times while it worked on this', d.unfinished)
             where d.id = v_id
            returning d.*;
    end if;
end
$$;

-- The delivery that was taken, for this transaction, and names its tenant. Nothing, if somebody else has taken it since.
create function begin_webhook(p_id bigint, p_unfinished integer)
returns setof webhook_delivery
language plpgsql as $$
declare
    v_row webhook_delivery%rowtype;
begin
    perform set_config('phase_data.task', 'webhook', true);
    select d.* into v_row from webhook_delivery d
     where d.id = p_id and d.unfinished = p_unfinished and d.state = 'pending' for update skip locked;
    if found then
        perform set_config('phase_data.account', v_row.forge_account_id::text, true);
        return next v_row;
    end if;
end
$$;

-- A try that was begun did not take place: the database was not there. It is not counted, and due at once.
create function give_webhook_back(p_id bigint, p_unfinished integer)
returns void
language plpgsql as $$
begin
    perform set_config('phase_data.task', 'webhook', true);
    update webhook_delivery d set unfinished = d.unfinished - 1, next_try_at = clock_timestamp()
     where d.id = p_id and d.unfinished = p_unfinished and d.state = 'pending';
end
$$;

-- A page is done, and there are more. Whatever else is due comes first: a large account keeps nobody waiting.
create or replace function continue_webhook(p_id bigint, p_work jsonb, p_progress jsonb)
returns void
language plpgsql as $$
begin
    update webhook_delivery d
       set work = p_work, progress = p_progress, attempts = 0, unfinished = 0, reason = null,
           next_try_at = clock_timestamp()
     where d.id = p_id;
end
$$;

-- Says what became of a delivery that was taken: done, or why it failed. Then it is tried again: 12 times, over
-- half an hour, each time after a longer pause. What is settled begins anew if it is ever delivered again.
create or replace function settle_webhook(p_id bigint, p_failure text)
returns table (delivery_id text, event text, state delivery_state, attempts integer, reason text)
language plpgsql as $$
#variable_conflict use_column
declare
    v_attempts integer;
    v_state    delivery_state := 'done';
begin
    perform set_config('phase_data.task', 'webhook', true);
    if p_failure is not null then
        select d.attempts + 1 into v_attempts from webhook_delivery d where d.id = p_id;
        v_state := case when v_attempts < 12 then 'pending' else 'failed' end;
    end if;
    return query
        update webhook_delivery d
           set state = v_state, reason = p_failure, attempts = coalesce(v_attempts, d.attempts),
               unfinished = greatest(d.unfinished - 1, 0),
               work = case when v_state = 'pending' then d.work end,
               progress = case when v_state = 'pending' then d.progress end,
               next_try_at = case when v_state = 'pending' then clock_timestamp()
                   + least(interval '1 second' * 2 ^ (v_attempts - 1), interval '10 minutes') end,
               settled_at = case when v_state <> 'pending' then clock_timestamp() end
         where d.id = p_id
        returning d.delivery_id, d.event, d.state, d.attempts, d.reason;
end
$$;

-- What is delivered again after it failed begins anew.
create function webhook_begins_anew()
returns trigger
language plpgsql as $$
begin
    new.unfinished := 0;
    return new;
end
$$;
create trigger webhook_begins_anew before update of state on webhook_delivery
    for each row when (old.state = 'failed' and new.state <> 'failed') execute function webhook_begins_anew();

-- The deliveries of all accounts that failed for good, the newest first.
create function failed_webhook_deliveries(p_limit integer)
returns setof webhook_delivery
language plpgsql as $$
begin
    perform set_config('phase_data.task', 'webhook', true);
    return query
        select d.* from webhook_delivery d where d.state = 'failed' order by d.id desc limit p_limit;
end
$$;
