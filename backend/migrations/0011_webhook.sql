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

-- Under which name the data is kept of a repository that a word is about. Unlike repository_key() it takes over no
-- name: the word may be late, and the name an old one. The tenant is set.
create function word_repository_key(p_account uuid, p_name text, p_external_id bigint)
returns text
language plpgsql as $$
declare
    v_key text;
begin
    if p_external_id is null then
        return repository_key(p_account, p_name, null);
    end if;
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

-- Takes an issue's data along to where the issue went, what is hidden, too. What was stored there already stays:
-- it is newer. Revisions go on counting, so that an entity tag never names two contents. The tenant is set.
create function move_issue(
    p_account uuid, p_key text, p_issue integer, p_to_key text, p_to_issue integer, p_actor jsonb,
    p_request_id text
)
returns void
language plpgsql as $$
declare
    v_row      record;
    v_there    record;
    v_revision bigint;
begin
    if p_key = p_to_key and p_issue = p_to_issue then
        return;
    end if;
    for v_row in
        select d.id, d.phase, d.revision, d.data_bytes, d.data_sha256 from phase_data d
         where d.forge_account_id = p_account and d.repository = p_key and d.issue_number = p_issue
         order by d.phase
           for update
    loop
        select d.id, d.revision, is_live(d) as live into v_there from phase_data d
         where d.forge_account_id = p_account and d.repository = p_to_key and d.issue_number = p_to_issue
           and d.phase = v_row.phase
           for update;
        continue when v_there.live;
        if v_there.id is not null then
            delete from phase_data d where d.id = v_there.id;
            insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, actor,
                                     request_id)
            values (p_account, p_to_key, p_to_issue, v_row.phase, 'purged', v_there.revision, p_actor,
                    p_request_id);
        end if;
        v_revision := greatest(v_row.revision, coalesce(v_there.revision, 0) + 1);
        update phase_data d set repository = p_to_key, issue_number = p_to_issue, revision = v_revision
         where d.id = v_row.id;
        -- One receipt where it was, and one where it is.
        insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, data_bytes,
                                 data_sha256, actor, request_id)
        values (p_account, p_key, p_issue, v_row.phase, 'moved', v_row.revision, null, null, p_actor,
                p_request_id),
               (p_account, p_to_key, p_to_issue, v_row.phase, 'moved', v_revision, v_row.data_bytes,
                v_row.data_sha256, p_actor, p_request_id);
    end loop;
end
$$;

-- Takes the next due delivery, for this transaction, and names its tenant. Nobody else takes it meanwhile.
create function take_webhook()
returns setof webhook_delivery
language plpgsql as $$
declare
    v_row webhook_delivery%rowtype;
begin
    perform set_config('phase_data.task', 'webhook', true);
    select d.* into v_row from webhook_delivery d
     where d.state = 'pending' and d.next_try_at <= now()
     order by d.next_try_at, d.id limit 1 for update skip locked;
    if found then
        perform set_config('phase_data.account', v_row.forge_account_id::text, true);
        return next v_row;
    end if;
end
$$;

-- Says what became of a delivery that was taken: done, or why it failed. Then it is tried again: 12 times, over
-- half an hour, each time after a longer pause.
create function settle_webhook(p_id bigint, p_failure text)
returns table (delivery_id text, event text, state delivery_state, attempts integer, reason text)
language plpgsql as $$
#variable_conflict use_column
declare
    v_attempts integer;
    v_state    delivery_state := 'done';
begin
    if p_failure is not null then
        select d.attempts + 1 into v_attempts from webhook_delivery d where d.id = p_id;
        v_state := case when v_attempts < 12 then 'pending' else 'failed' end;
    end if;
    return query
        update webhook_delivery d
           set state = v_state, reason = p_failure, attempts = coalesce(v_attempts, d.attempts),
               work = case when v_state = 'pending' then d.work end,
               next_try_at = case when v_state = 'pending' then clock_timestamp()
                   + least(interval '1 second' * 2 ^ (v_attempts - 1), interval '10 minutes') end,
               settled_at = case when v_state <> 'pending' then clock_timestamp() end
         where d.id = p_id
        returning d.delivery_id, d.event, d.state, d.attempts, d.reason;
end
$$;
