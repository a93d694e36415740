-- Webhook deliveries: who may send them, and what they ask for.

-- An account's own secret, for a webhook of an organisation or repository. HMAC needs it as it is, so it can't
-- be kept as a digest. After a change the old one is good for a while.
create table webhook_secret (
    forge_account_id uuid primary key references forge_account (id),
    secret           text not null,
    created_at       timestamptz not null default now(),
    old_secret       text,
    old_expires_at   timestamptz
);
alter table webhook_secret enable row level security, force row level security;
create policy tenant on webhook_secret to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
grant select, insert, update, delete on webhook_secret to phase_data_app;

create type delivery_state as enum ('pending', 'done', 'failed', 'ignored');

-- The deliveries, and the queue of what is left to do. Of a payload only the work is kept, and that only until
-- it is done.
create table webhook_delivery (
    id               bigint generated always as identity primary key,
    -- Null where the owner is not registered.
    forge_account_id uuid references forge_account (id),
    delivery_id      text not null,
    event            text not null,
    action           text,
    state            delivery_state not null,
    -- Why it was ignored, why it failed, or why the last try did.
    reason           text,
    work             jsonb,
    attempts         integer not null default 0,
    request_id       text not null,
    -- The first time, which is also when what has no time of its own happened.
    received_at      timestamptz not null default clock_timestamp(),
    next_try_at      timestamptz,
    settled_at       timestamptz,
    constraint webhook_delivery_work check ((state = 'pending') = (work is not null and next_try_at is not null)),
    constraint webhook_delivery_settled check ((state = 'pending') = (settled_at is null))
);
-- Only within one account: whoever has a hook of their own chooses its ids.
create unique index webhook_delivery_identity
    on webhook_delivery (coalesce(forge_account_id, '00000000-0000-0000-0000-000000000000'), delivery_id);
create index webhook_delivery_due on webhook_delivery (next_try_at) where state = 'pending';
create index webhook_delivery_account on webhook_delivery (forge_account_id, id);
create index webhook_delivery_received_at on webhook_delivery (received_at);

alter table webhook_delivery enable row level security, force row level security;
create policy tenant on webhook_delivery to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
-- The queue serves every tenant, and keeps deliveries that belong to none.
create policy queue on webhook_delivery to phase_data_app
    using (current_setting('phase_data.task', true) = 'webhook');
grant select, insert, update, delete on webhook_delivery to phase_data_app;

-- Who installs the App becomes known: this insert is all that the server may do with other accounts.
create policy webhook on forge_account for insert to phase_data_app
    with check (current_setting('phase_data.task', true) = 'webhook' and forge = 'github');
grant insert (id, forge, external_id, login) on forge_account to phase_data_app;

-- When a repository got its name, as far as a webhook said so.
alter table repository add column named_at timestamptz;

-- An account's own hook: its owner and its secrets. Nothing, if it has none.
create function find_webhook(p_account uuid)
returns table (owner_id bigint, secret text, old_secret text)
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        select a.external_id, s.secret, case when s.old_expires_at > now() then s.old_secret end
          from webhook_secret s join forge_account a on a.id = s.forge_account_id
         where s.forge_account_id = p_account;
end
$$;

-- Sets an account's secret; the one before stays good for a while.
create function make_webhook_secret(p_account uuid, p_secret text, p_old_lives_on interval)
returns table (created_at timestamptz, old_expires_at timestamptz)
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        insert into webhook_secret as s (forge_account_id, secret) values (p_account, p_secret)
        on conflict (forge_account_id) do update
           set secret = excluded.secret, created_at = now(),
               old_secret = case when p_old_lives_on > interval '0' then s.secret end,
               old_expires_at = case when p_old_lives_on > interval '0' then now() + p_old_lives_on end
        returning s.created_at, s.old_expires_at;
end
$$;

-- What can be said about an account's secret. With p_remove, both secrets go first.
create function show_webhook_secret(p_account uuid, p_remove boolean)
returns table (created_at timestamptz, old_expires_at timestamptz)
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    if p_remove then
        delete from webhook_secret s where s.forge_account_id = p_account;
    end if;
    return query
        select s.created_at, case when s.old_expires_at > now() then s.old_expires_at end
          from webhook_secret s where s.forge_account_id = p_account;
end
$$;

-- Writes down a delivery: of the account p_account, or, if that is null, of the owner that it names. With
-- p_introduces the owner is registered if need be. One that comes again is answered as it stands; only what
-- had failed is tried again. The time of the first receipt stays.
create function receive_webhook(
    p_account uuid, p_owner_id bigint, p_login text, p_introduces boolean, p_delivery_id text, p_event text,
    p_action text, p_state delivery_state, p_reason text, p_work jsonb, p_request_id text
)
returns table (state delivery_state, reason text)
language plpgsql as $$
declare
    v_account uuid := p_account;
    v_state   delivery_state := p_state;
    v_reason  text := p_reason;
    v_work    jsonb := p_work;
begin
    perform set_config('phase_data.task', 'webhook', true);
    if v_account is null and p_owner_id is not null then
        select a.id into v_account from find_account('github', p_owner_id) a;
        if v_account is null and p_introduces then
            insert into forge_account (id, forge, external_id, login)
            values (gen_random_uuid(), 'github', p_owner_id, p_login) on conflict do nothing;
            select a.id into v_account from find_account('github', p_owner_id) a;
        end if;
    end if;
    if v_account is null and v_state = 'pending' then
        v_state := 'ignored';
        v_reason := format('the owner %s is not registered here', p_owner_id);
        v_work := null;
    end if;
    return query
        insert into webhook_delivery as d (forge_account_id, delivery_id, event, action, state, reason, work,
                                           request_id, next_try_at, settled_at)
        values (v_account, p_delivery_id, p_event, p_action, v_state, v_reason, v_work, p_request_id,
                case when v_state = 'pending' then now() end, case when v_state <> 'pending' then now() end)
        on conflict (coalesce(forge_account_id, '00000000-0000-0000-0000-000000000000'), delivery_id) do update
           set event = excluded.event, action = excluded.action, state = excluded.state,
               reason = excluded.reason, work = excluded.work, attempts = 0,
               request_id = excluded.request_id, next_try_at = excluded.next_try_at,
               settled_at = excluded.settled_at
         where d.state = 'failed'
        returning d.state, d.reason;
    if not found then
        return query
            select d.state, d.reason from webhook_delivery d
             where d.forge_account_id is not distinct from v_account and d.delivery_id = p_delivery_id;
    end if;
end
$$;

-- An account's deliveries, the newest first, from before the given one on.
create function webhook_deliveries(p_account uuid, p_state delivery_state, p_before bigint, p_limit integer)
returns setof webhook_delivery
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        select d.* from webhook_delivery d
         where d.forge_account_id = p_account and (p_state is null or d.state = p_state)
           and (p_before is null or d.id < p_before)
         order by d.id desc limit p_limit;
end
$$;

-- Forgets settled deliveries after a while, a batch at a time, and counts those that wait for too long.
create function tend_webhook_deliveries(p_keep interval, p_stuck_after interval, p_limit integer)
returns table (forgotten bigint, stuck bigint, oldest timestamptz)
language plpgsql as $$
begin
    perform set_config('phase_data.task', 'webhook', true);
    with old as (
        delete from webhook_delivery where id in (
            select d.id from webhook_delivery d
             where d.received_at < now() - p_keep and d.state <> 'pending'
             order by d.received_at limit p_limit for update skip locked)
        returning 1
    )
    select count(*) into forgotten from old;
    select count(*), min(d.received_at) into stuck, oldest from webhook_delivery d
     where d.state = 'pending' and d.received_at < now() - p_stuck_after;
    return next;
end
$$;

-- Whenever a repository gets a name, however that came about, it is noted when.
create function note_repository_name()
returns trigger
language plpgsql as $$
begin
    new.named_at := clock_timestamp();
    return new;
end
$$;
create trigger repository_named before insert or update of name on repository
    for each row execute function note_repository_name();

-- Under which name the data is kept of a repository that a webhook names. Unlike repository_key() it takes over
-- no name: the word may be late, and the name an old one. The tenant is set.
create function webhook_repository_key(p_account uuid, p_external_id bigint, p_name text)
returns text
language plpgsql as $$
declare
    v_key text;
begin
    select r.data_key into v_key from repository r
     where r.forge_account_id = p_account and r.external_id = p_external_id;
    if v_key is null
       and exists (select from repository r where r.forge_account_id = p_account and r.data_key = p_name) then
        v_key := p_name || '#' || p_external_id;
    end if;
    return coalesce(v_key, p_name);
end
$$;

-- Takes over a repository's new name, unless it got one since. One that is seen for the first time takes along
-- what API keys stored under the old name. The tenant is set.
create function rename_repository(
    p_account uuid, p_external_id bigint, p_old_name text, p_name text, p_at timestamptz
)
returns void
language plpgsql as $$
begin
    if not exists (select from repository r
                    where r.forge_account_id = p_account and r.external_id = p_external_id) then
        perform repository_key(p_account, p_old_name, p_external_id);
    elsif exists (select from repository r
                   where r.forge_account_id = p_account and r.external_id = p_external_id
                     and r.named_at > p_at) then
        return;
    end if;
    perform repository_key(p_account, p_name, p_external_id);
    update repository r set named_at = p_at
     where r.forge_account_id = p_account and r.external_id = p_external_id;
end
$$;

-- Does one thing that a delivery asks for. The tenant is set.
create function do_webhook_work(
    p_account uuid, p_work jsonb, p_received_at timestamptz, p_grace interval, p_actor jsonb, p_request_id text
)
returns void
language plpgsql as $$
declare
    v_id    constant bigint := (p_work ->> 'repository_id')::bigint;
    v_name  constant text := p_work ->> 'repository';
    v_issue constant integer := (p_work ->> 'issue_number')::integer;
    v_at    constant timestamptz := coalesce((p_work ->> 'at')::timestamptz, p_received_at);
    v_to    constant jsonb := p_work -> 'to';
    v_key   text;
begin
    if v_id is not null then
        v_key := webhook_repository_key(p_account, v_id, v_name);
    end if;
    case p_work ->> 'do'
    when 'close' then
        perform close_scope(p_account, v_key, v_issue, v_at, p_grace, p_actor, p_request_id);
    when 'reopen' then
        perform reopen_scope(p_account, v_key, v_issue, v_at, p_actor, p_request_id);
    when 'move' then
        perform move_issue(p_account, v_key, v_issue,
                           webhook_repository_key(p_account, (v_to ->> 'repository_id')::bigint,
                                                  v_to ->> 'repository'),
                           (v_to ->> 'issue_number')::integer, p_actor, p_request_id);
    when 'rename' then
        perform rename_repository(p_account, v_id, p_work ->> 'old_name', v_name, v_at);
    end case;
end
$$;

-- Does what the next due delivery asks for, and answers what became of it. The effects and the word that it is
-- done are one transaction. If something fails, nothing of it is done, and it is tried again: 12 times, over
-- half an hour, each time after a longer pause.
create function work_off_webhook(p_grace interval)
returns table (delivery_id text, event text, state delivery_state, attempts integer, reason text)
language plpgsql as $$
declare
    v_row   webhook_delivery%rowtype;
    v_work  jsonb;
    v_actor jsonb;
begin
    perform set_config('phase_data.task', 'webhook', true);
    select d.* into v_row from webhook_delivery d
     where d.state = 'pending' and d.next_try_at <= now()
     order by d.next_try_at, d.id limit 1 for update skip locked;
    if not found then
        return;
    end if;
    v_actor := jsonb_build_object('kind', 'webhook', 'event_name', v_row.event, 'delivery_id', v_row.delivery_id);
    begin
        perform set_config('phase_data.account', v_row.forge_account_id::text, true);
        for v_work in select w.value from jsonb_array_elements(v_row.work) with ordinality w order by w.ordinality
        loop
            perform do_webhook_work(v_row.forge_account_id, v_work, v_row.received_at, p_grace, v_actor,
                                    v_row.request_id);
        end loop;
        v_row.state := 'done';
        v_row.reason := null;
    -- A statement that took too long is not among the others.
    exception when query_canceled or others then
        v_row.attempts := v_row.attempts + 1;
        v_row.reason := left(sqlerrm, 500);
        v_row.next_try_at := clock_timestamp() + least(interval '1 second' * 2 ^ (v_row.attempts - 1), interval '10 minutes');
        if v_row.attempts >= 12 then
            v_row.state := 'failed';
        end if;
    end;
    if v_row.state <> 'pending' then
        v_row.work := null;
        v_row.next_try_at := null;
        v_row.settled_at := clock_timestamp();
    end if;
    update webhook_delivery d
       set state = v_row.state, reason = v_row.reason, attempts = v_row.attempts, work = v_row.work,
           next_try_at = v_row.next_try_at, settled_at = v_row.settled_at
     where d.id = v_row.id;
    return query select v_row.delivery_id, v_row.event, v_row.state, v_row.attempts, v_row.reason;
end
$$;
