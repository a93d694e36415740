-- The tables, their types, indexes, policies and triggers. Nothing here depends on a function of ../functions: those come and
-- go with releases.

-- The server works as phase_data_app, which owns nothing and can't bypass row-level security.
-- Roles belong to the whole cluster: another database's migration may be creating this one right now.
do $$
begin
    create role phase_data_app nologin nosuperuser nocreatedb nocreaterole nobypassrls;
exception when duplicate_object or unique_violation then
    null;
end
$$;
-- Being a member is not enough since PostgreSQL 16, where a role's creator is one without the right to set it.
do $$
begin
    set local role phase_data_app;
    reset role;
exception when insufficient_privilege then
    execute format('grant phase_data_app to %I', current_user);
end
$$;
grant usage on schema phase_data to phase_data_app;

create type phase as enum ('scan', 'validate', 'mitigate');

-- A forge's owner (organisation or user). The numeric id is its identity; the login is for display.
create table forge_account (
    id              uuid primary key,
    forge           text not null,
    external_id     bigint not null,
    login           text not null,
    created_at      timestamptz not null default now(),
    -- Which workflows its id tokens may come from; empty for the defaults.
    policy          jsonb not null default '{}',
    -- How long closed data can be brought back (null: as the server is set, zero: not at all), how long documents live
    -- if a store does not say (null: until they are closed), and how long events are kept (null: as the server is set).
    grace           interval constraint forge_account_grace check (grace >= interval '0'),
    time_to_live    interval constraint forge_account_time_to_live check (time_to_live > interval '0'),
    events_kept_for interval constraint forge_account_events_kept_for check (events_kept_for >= interval '1 day'),
    constraint forge_account_identity unique (forge, external_id)
);

create table api_key (
    id               text primary key,
    forge_account_id uuid not null references forge_account (id),
    name             text not null,
    scope            text not null constraint api_key_scope check (scope in ('read', 'write', 'admin')),
    secret_sha256    bytea not null,
    -- Null: all of the account's.
    repositories     text[],
    created_at       timestamptz not null default now(),
    expires_at       timestamptz,
    revoked_at       timestamptz,
    last_used_at     timestamptz,
    -- How long it was meant to live, so that its replacement gets the same although rotation shortens its own life; null
    -- for ever.
    lifetime         interval,
    -- An admin could widen a list of repositories: a key can't be limited and an admin's at once.
    constraint api_key_admin_reach check (scope <> 'admin' or repositories is null)
);
create index api_key_forge_account on api_key (forge_account_id);

-- A forge's repositories by their numeric id. `name` is what the repository is called now, `data_key` under
-- which name its data is kept: it never changes, so that a renamed repository keeps its data, and another
-- one that takes the old name gets none of it.
create table repository (
    forge_account_id uuid not null references forge_account (id),
    external_id      bigint not null,
    name             text,
    data_key         text not null,
    named_at         timestamptz,
    primary key (forge_account_id, external_id),
    constraint repository_name unique (forge_account_id, name),
    constraint repository_data_key unique (forge_account_id, data_key)
);

-- Id tokens that were used for a write, each with what was asked and answered, until they have expired.
create table spent_token (
    forge_account_id uuid not null references forge_account (id),
    jti              text not null,
    request_sha256   bytea not null,
    answer           jsonb,
    expires_at       timestamptz not null,
    primary key (forge_account_id, jti)
);
create index spent_token_expires_at on spent_token (forge_account_id, expires_at);

create table phase_data (
    id               uuid primary key default gen_random_uuid(),
    forge_account_id uuid not null references forge_account (id),
    repository       text not null,
    issue_number     integer not null constraint phase_data_issue_number check (issue_number > 0),
    phase            phase not null,
    data             jsonb not null,
    data_bytes       bigint not null,
    data_sha256      bytea not null,
    commit_sha       text,
    revision         bigint not null,
    created_at       timestamptz not null,
    updated_at       timestamptz not null,
    -- When it was last asked to be stored. Unlike updated_at it moves, too, when the document stays as it was: a late
    -- "closed at T" must spare what somebody stored again after T.
    last_stored_at   timestamptz not null default clock_timestamp(),
    -- From here on nobody sees the row; the purge removes it.
    expires_at       timestamptz,
    -- Of what is closed: since when, from when on it is gone for good, and what closed it. A repository that comes back
    -- brings back what went with it, not what had been closed before.
    deleted_at       timestamptz,
    purge_at         timestamptz,
    closed_by        text constraint phase_data_closed_by check (closed_by in ('issue', 'repository', 'account')),
    constraint phase_data_identity unique (forge_account_id, repository, issue_number, phase),
    constraint phase_data_closed check (num_nulls(deleted_at, purge_at, closed_by) in (0, 3))
);
create index phase_data_purge_at on phase_data (purge_at) where purge_at is not null;
create index phase_data_expires_at on phase_data (expires_at) where expires_at is not null;

-- Events: who did what, from where, when. Never the payload. They are only appended, and the old ones end.
create table phase_event (
    id               bigint generated always as identity primary key,
    forge_account_id uuid not null references forge_account (id),
    repository       text not null,
    issue_number     integer not null,
    phase            phase not null,
    kind             text not null constraint phase_event_kind
                         check (kind in ('stored', 'deleted', 'restored', 'expired', 'purged', 'moved')),
    revision         bigint not null,
    data_bytes       bigint,
    data_sha256      bytea,
    actor            jsonb not null,
    request_id       text not null,
    at               timestamptz not null default clock_timestamp()
);
create index phase_event_issue on phase_event (forge_account_id, repository, issue_number, id);
create index phase_event_account_at on phase_event (forge_account_id, at);

-- The last revision of each phase whose document is gone: a new document goes on counting from there, so that an entity tag
-- never names two contents.
create table phase_revision (
    forge_account_id uuid not null references forge_account (id),
    repository       text not null,
    issue_number     integer not null,
    phase            phase not null,
    revision         bigint not null,
    primary key (forge_account_id, repository, issue_number, phase)
);

-- The newest word about an issue, a whole repository (no issue) or the whole account (no repository): an older one that
-- comes late changes nothing.
create table lifecycle (
    forge_account_id uuid not null references forge_account (id),
    repository       text not null default '',
    issue_number     integer not null default 0,
    closed           boolean not null,
    at               timestamptz not null,
    -- The forge's own time of what it told, where it names one beside the time of the event.
    as_of            timestamptz,
    -- Where the issue went, if it did.
    moved_to         text,
    moved_to_issue   integer,
    primary key (forge_account_id, repository, issue_number),
    constraint lifecycle_moved check (num_nulls(moved_to, moved_to_issue) in (0, 2))
);

-- When each repository with data was last asked about, however that ended, and when all was learned: one that always fails
-- goes to the back of the queue.
create table sweep (
    forge_account_id uuid not null references forge_account (id),
    repository       text not null,
    swept_at         timestamptz,
    tried_at         timestamptz not null,
    primary key (forge_account_id, repository)
);

-- Rows whose purge failed. After 12 failures a row is set aside: it stays as it is until somebody looks at it.
create table purge_failure (
    phase_data_id    uuid primary key,
    forge_account_id uuid not null references forge_account (id),
    tries            integer not null default 1,
    -- PostgreSQL's code, and no text of its: that quotes values.
    reason           text not null,
    next_try_at      timestamptz not null
);
create index purge_failure_account on purge_failure (forge_account_id);

-- An account's own secret, for a webhook of an organisation or repository. HMAC needs it as it is, so it can't be kept as a
-- digest. After a change the old one is good for a while.
create table webhook_secret (
    forge_account_id uuid primary key references forge_account (id),
    secret           text not null,
    created_at       timestamptz not null default now(),
    old_secret       text,
    old_expires_at   timestamptz
);

-- The deliveries, and the queue of what is left to do. Of a payload only the work is kept, and that only until it is done.
create table webhook_delivery (
    id               bigint generated always as identity primary key,
    -- Null where the owner is not registered.
    forge_account_id uuid references forge_account (id),
    delivery_id      text not null,
    event            text not null,
    action           text,
    state            text not null constraint webhook_delivery_state
                         check (state in ('pending', 'done', 'failed', 'ignored')),
    -- Why it was ignored, why it failed, or why the last try did.
    reason           text,
    work             jsonb,
    -- How many things are done, and what is left of the next one if that was begun.
    progress         jsonb,
    attempts         integer not null default 0,
    -- Tries that were begun, and whose end nobody has told.
    unfinished       integer not null default 0,
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
-- The accounts in turn, and what is due of each. An index by time alone would lead through all that the other accounts
-- have waiting.
create index webhook_delivery_turn on webhook_delivery (forge_account_id, next_try_at, id) where state = 'pending';
create index webhook_delivery_account on webhook_delivery (forge_account_id, id);
create index webhook_delivery_received_at on webhook_delivery (received_at);

-- Row-level security is the second fence. A query that forgets its tenant sees nothing: the setting is absent or '' then.
alter table forge_account enable row level security, force row level security;
alter table api_key enable row level security, force row level security;
alter table repository enable row level security, force row level security;
alter table spent_token enable row level security, force row level security;
alter table phase_data enable row level security, force row level security;
alter table phase_event enable row level security, force row level security;
alter table phase_revision enable row level security, force row level security;
alter table lifecycle enable row level security, force row level security;
alter table sweep enable row level security, force row level security;
alter table purge_failure enable row level security, force row level security;
alter table webhook_secret enable row level security, force row level security;
alter table webhook_delivery enable row level security, force row level security;

create policy tenant on forge_account to phase_data_app
    using (id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on api_key to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on repository to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on spent_token to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on phase_data to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on phase_event to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on phase_revision to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on lifecycle to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on sweep to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on webhook_secret to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on webhook_delivery to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);

-- The owner of the tables makes accounts and keys from the command line.
create policy operator on forge_account to current_user using (true);
create policy operator on api_key to current_user using (true);

-- Accounts and keys are looked up before their tenant is known; the server then sees the one that it asked for, no other.
create policy lookup on forge_account for select to phase_data_app
    using (forge || ':' || external_id = current_setting('phase_data.owner', true));
create policy lookup on api_key for select to phase_data_app
    using (id = current_setting('phase_data.api_key', true));
-- Whoever shows a whole leaked key may revoke it, and do no more.
create policy leaked on api_key for update to phase_data_app
    using (id = current_setting('phase_data.api_key', true));

-- The purge looks at every tenant, but sees nothing except what is over, and may only remove it and say so.
create policy purge on phase_data to phase_data_app
    using (current_setting('phase_data.task', true) = 'purge' and (purge_at is not null or expires_at is not null));
create policy purge on phase_event for insert to phase_data_app
    with check (current_setting('phase_data.task', true) = 'purge' and kind in ('purged', 'expired'));
create policy purge on phase_revision to phase_data_app
    using (current_setting('phase_data.task', true) = 'purge');
create policy purge on lifecycle to phase_data_app
    using (current_setting('phase_data.task', true) = 'purge');
create policy purge on purge_failure to phase_data_app
    using (current_setting('phase_data.task', true) = 'purge');

-- Only the task that ends events may remove any, and none of the last day, whatever it is told. It has to find the accounts.
create policy events_end on phase_event as restrictive for delete to phase_data_app
    using (current_setting('phase_data.task', true) = 'events' and at < now() - interval '1 day');
create policy events on forge_account for select to phase_data_app
    using (current_setting('phase_data.task', true) = 'events');

-- The queue serves every tenant, and keeps deliveries that belong to none.
create policy queue on webhook_delivery to phase_data_app
    using (current_setting('phase_data.task', true) = 'webhook');
-- Who installs the App becomes known: this insert is all that the server may do with other accounts.
create policy webhook on forge_account for insert to phase_data_app
    with check (current_setting('phase_data.task', true) = 'webhook' and forge = 'github');

grant select, insert (id, forge, external_id, login), update (policy, grace, time_to_live, events_kept_for)
   on forge_account to phase_data_app;
grant select, insert, update (expires_at, revoked_at, last_used_at) on api_key to phase_data_app;
grant select, insert, update on repository to phase_data_app;
grant select, insert, update, delete on spent_token to phase_data_app;
grant select, insert, update, delete on phase_data to phase_data_app;
grant select, insert, delete on phase_event to phase_data_app;
grant select, insert, update on phase_revision to phase_data_app;
grant select, insert, update, delete on lifecycle to phase_data_app;
grant select, insert, update, delete on sweep to phase_data_app;
grant select, insert, update, delete on purge_failure to phase_data_app;
grant select, insert, update, delete on webhook_secret to phase_data_app;
grant select, insert, update, delete on webhook_delivery to phase_data_app;

-- Whatever takes a document away from its place, for good or to another place, keeps its revision there.
create function keep_last_revision()
returns trigger
language plpgsql as $$
begin
    insert into phase_revision as r (forge_account_id, repository, issue_number, phase, revision)
    values (old.forge_account_id, old.repository, old.issue_number, old.phase, old.revision)
    on conflict (forge_account_id, repository, issue_number, phase)
    do update set revision = greatest(r.revision, excluded.revision);
    return null;
end
$$;
create trigger keep_revision_by_delete after delete on phase_data
    for each row execute function keep_last_revision();
create trigger keep_revision_by_move after update on phase_data
    for each row when (old.repository <> new.repository or old.issue_number <> new.issue_number)
    execute function keep_last_revision();

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

-- What is told to whoever waits for an issue: a number that says nothing about it to others who listen.
create function issue_signal(p_account uuid, p_repository text, p_issue integer)
returns bigint
language sql immutable as $$
    select hashtextextended(p_account::text || '/' || p_repository || '#' || p_issue::text, 2)
$$;
create function wake_waiting()
returns trigger
language plpgsql as $$
begin
    perform pg_notify('phase_data', issue_signal(new.forge_account_id, new.repository, new.issue_number)::text);
    return null;
end
$$;
-- Only where nothing could be seen before: whoever replaces a document wakes nobody, and does not pay for it
-- (transactions that notify take turns when they commit).
create trigger wake_by_insert after insert on phase_data
    for each row when (new.deleted_at is null) execute function wake_waiting();
create trigger wake_by_update after update on phase_data
    for each row when (new.deleted_at is null
                       and (old.deleted_at is not null or old.expires_at <= new.last_stored_at))
    execute function wake_waiting();

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
    for each row when (old.state = 'failed' and new.state <> 'failed')
    execute function webhook_begins_anew();
