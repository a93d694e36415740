-- The tables, their types, indexes, policies and triggers. Nothing here depends on a function of ../functions: those come and
-- go with releases. Trigger functions name what they use with its schema: pg_restore sets no search path.

-- The role phase_data_app, as which the server works, and its rights are in ../grants.sql and migrate/roles.rs.

create type phase as enum ('scan', 'validate', 'mitigate');

-- Lists of values for the checks that every store passes. They are functions because PostgreSQL parses a check again for each
-- statement: with the lists in the checks, a store costs 8 % more. To extend a list, replace its function.
create function is_event_kind(p_kind text)
returns boolean
language plpgsql immutable as $$
begin
    return p_kind in ('stored', 'deleted', 'restored', 'expired', 'purged', 'moved', 'merged', 'claimed', 'claim_forced',
                      'renewed', 'released');
end
$$;
create function is_attempt_state(p_state text)
returns boolean
language plpgsql immutable as $$
begin
    return p_state in ('running', 'completed', 'failed', 'cancelled', 'lapsed', 'superseded');
end
$$;
create function is_result(p_phase phase, p_status text, p_outcome text, p_reason text)
returns boolean
language plpgsql immutable as $$
begin
    return (p_status is null or p_status in ('completed', 'failed'))
       and (p_outcome is null or (p_phase = 'validate' and p_outcome in ('confirmed', 'false_positive', 'inconclusive')))
       and (p_reason is null or char_length(p_reason) between 1 and 1000);
end
$$;
create function is_closed_or_open(p_deleted_at timestamptz, p_purge_at timestamptz, p_closed_by text)
returns boolean
language plpgsql immutable as $$
begin
    return num_nulls(p_deleted_at, p_purge_at, p_closed_by) in (0, 3)
       and (p_closed_by is null or p_closed_by in ('issue', 'repository', 'account'));
end
$$;

-- A forge's owner (organisation or user). The numeric id is its identity; the login is for display.
create table forge_account (
    id              uuid primary key,
    forge           text not null,
    external_id     bigint not null,
    login           text not null,
    created_at      timestamptz not null default now(),
    -- The policy for its id tokens; empty for the defaults.
    policy          jsonb not null default '{}',
    -- The time for which closed data can be restored (null: the server's setting, zero: not at all), the lifetime of documents
    -- whose store sets none (null: until they are closed), and the retention of events (null: the server's setting).
    grace           interval constraint forge_account_grace check (grace >= interval '0'),
    time_to_live    interval constraint forge_account_time_to_live check (time_to_live > interval '0'),
    events_kept_for interval constraint forge_account_events_kept_for check (events_kept_for >= interval '1 day'),
    -- Since when it is being deleted. From then on nobody finds it, and its rows are removed.
    deleted_at      timestamptz,
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
    -- The lifetime at its creation, so that its replacement gets the same although the rotation shortens its own; null: for
    -- ever.
    lifetime         interval,
    -- An admin could widen a list of repositories: a key can't be limited and an admin's at once.
    constraint api_key_admin_reach check (scope <> 'admin' or repositories is null)
);
create index api_key_forge_account on api_key (forge_account_id);

-- The repositories of an account. What is kept refers to the row: names are given up and taken again.
create table repository (
    forge_account_id uuid not null references forge_account (id),
    id               uuid not null default gen_random_uuid(),
    -- The forge's numeric id, once a token or a webhook has proven it. Keys know names only.
    external_id      bigint,
    -- The current name; null if it is unknown, or if another repository has it now.
    name             text,
    -- Since when it is known to have this name. An older proof changes no name.
    named_at         timestamptz not null,
    -- The row that took over all that was kept under this one.
    merged_into      uuid,
    primary key (forge_account_id, id),
    constraint repository_external_id unique (forge_account_id, external_id),
    constraint repository_name unique (forge_account_id, name),
    constraint repository_merged_into foreign key (forge_account_id, merged_into)
        references repository (forge_account_id, id),
    constraint repository_merged check (merged_into is null or num_nulls(external_id, name) = 2)
);
create index repository_merged_rows on repository (forge_account_id, merged_into) where merged_into is not null;

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
    forge_account_id uuid not null,
    repository_id    uuid not null,
    -- The name of the repository that the last writer used, for display only.
    repository       text not null,
    issue_number     integer not null constraint phase_data_issue_number check (issue_number > 0),
    phase            phase not null,
    data             jsonb not null,
    -- JSONB has no NUL and no half of a surrogate pair. A document that has any is stored with an escape character, U+10FFFD:
    -- before 0 it stands for NUL, before four digits like d83d for half of a pair, and before 1 for itself. Where this is
    -- false, U+10FFFD is a character like others.
    escaped          boolean not null default false,
    data_bytes       bigint not null,
    data_sha256      bytea not null,
    commit_sha       text,
    -- The state of the result, as the store sets it: how the phase ended, what validate decided, and why. Readers accept
    -- values that they don't know.
    status           text not null default 'completed',
    outcome          text,
    reason           text,
    revision         bigint not null,
    created_at       timestamptz not null,
    updated_at       timestamptz not null,
    -- The place in lists by time: updated_at, but for changes within a minute, which leave it as it is. These need no new entries
    -- in any index (PostgreSQL's HOT updates), and a document that many jobs add to is changed often.
    listed_at        timestamptz not null default clock_timestamp(),
    -- When it was last asked to be stored. Unlike updated_at it moves, too, when the document stays as it was: a late
    -- "closed at T" must spare what somebody stored again after T.
    last_stored_at   timestamptz not null default clock_timestamp(),
    -- From here on nobody sees the row; the purge removes it.
    expires_at       timestamptz,
    -- Of what is closed: since when, from when on it is gone for good, and what closed it. A repository that comes back
    -- brings back what went with it, not what had been closed before.
    deleted_at       timestamptz,
    purge_at         timestamptz,
    closed_by        text,
    constraint phase_data_identity unique (forge_account_id, repository_id, issue_number, phase),
    constraint phase_data_repository foreign key (forge_account_id, repository_id)
        references repository (forge_account_id, id),
    constraint phase_data_result check (phase_data.is_result(phase, status, outcome, reason)),
    constraint phase_data_closed check (phase_data.is_closed_or_open(deleted_at, purge_at, closed_by))
);
-- For who looks with SQL. The server finds rows by their identity.
create index phase_data_issue on phase_data (forge_account_id, repository, issue_number);
create index phase_data_purge_at on phase_data (purge_at) where purge_at is not null;
create index phase_data_expires_at on phase_data (expires_at) where expires_at is not null;
-- For lists by time, and to see whether a repository has anything that is not hidden. Each row is in one of the two. Only a
-- query that repeats the condition can use them: they begin like phase_data_identity, and by old statistics the planner could
-- take one of them, and read all of a repository, for the look-up of one document.
create index phase_data_open_listed_at on phase_data (forge_account_id, repository_id, listed_at, issue_number)
    where coalesce(deleted_at, '-infinity') = '-infinity';
create index phase_data_closed_listed_at on phase_data (forge_account_id, repository_id, listed_at, issue_number)
    where coalesce(deleted_at, '-infinity') <> '-infinity';
-- Rows that were closed with their repository or account, for the sweep.
create index phase_data_closed_with on phase_data (forge_account_id, closed_by, repository_id, deleted_at)
    where closed_by in ('repository', 'account');

-- Events: who did what, from where, when. Never the payload. They are only appended, and the old ones end.
-- No foreign key to the repository, which each store would pay for: the functions that write events hold its row, and the
-- server may not remove any.
create table phase_event (
    id               bigint generated always as identity primary key,
    forge_account_id uuid not null,
    repository_id    uuid not null,
    issue_number     integer not null,
    phase            phase not null,
    kind             text not null constraint phase_event_kind check (phase_data.is_event_kind(kind)),
    revision         bigint not null,
    -- Of a store: the entity tag that it made, so that whoever lost its answer can go on from there.
    etag             text,
    data_bytes       bigint,
    data_sha256      bytea,
    -- Of a store: the state of the result.
    status           text,
    outcome          text,
    reason           text,
    -- The number of the attempt that was claimed, renewed, released or ended by a purge.
    attempt          integer,
    actor            jsonb not null,
    request_id       text not null,
    at               timestamptz not null default clock_timestamp(),
    constraint phase_event_result check (phase_data.is_result(phase, status, outcome, reason))
);
create index phase_event_issue on phase_event (forge_account_id, repository_id, issue_number, id);
create index phase_event_account_at on phase_event (forge_account_id, at);

-- The last revision of each phase whose document is gone: a new document goes on counting from there, for those who compare
-- bare revisions.
create table phase_revision (
    forge_account_id uuid not null references forge_account (id),
    repository_id    uuid not null,
    issue_number     integer not null,
    phase            phase not null,
    revision         bigint not null,
    primary key (forge_account_id, repository_id, issue_number, phase)
);

-- Attempts: a row for each claim on a phase. One that runs can be replaced by another claim from lease_ends_at on; until then,
-- others can't store. The lease decides nothing else: a holder whom nobody replaced still stores, renews and releases.
-- At most one of a phase runs, which the index attempt_running guarantees. What creates one, or a document of a phase that has
-- none, holds the lock of claim_lock_key: claims, and stores with a claim, exclusively, other stores shared. Behind it come the
-- lock of the document's row, if there is one, and then the one of the attempt's row. The lock of lock_notices comes before all. So no document is stored between the look at the claims and its commit.
create table attempt (
    forge_account_id uuid not null,
    repository_id    uuid not null,
    issue_number     integer not null constraint attempt_issue_number check (issue_number > 0),
    phase            phase not null,
    -- Counts the attempts of the phase, and is never used again: branches are named after it.
    number           integer not null constraint attempt_number check (number > 0),
    -- The caller makes it. It is no credential, and is shown to nobody.
    claim_id         uuid not null,
    state            text not null constraint attempt_state check (phase_data.is_attempt_state(state)),
    -- The holder: a run, from the claims of its token, or an API key with the name that it had.
    actor            jsonb not null,
    key_name         text,
    commit_sha       text,
    started_at       timestamptz not null,
    lease_ends_at    timestamptz not null,
    ended_at         timestamptz,
    reason           text constraint attempt_reason check (length(reason) <= 1000),
    -- The holder was heard of after the lease.
    late             boolean not null default false,
    primary key (forge_account_id, repository_id, issue_number, phase, number),
    constraint attempt_repository foreign key (forge_account_id, repository_id)
        references repository (forge_account_id, id),
    constraint attempt_ended check ((state = 'running') = (ended_at is null))
);
create unique index attempt_running on attempt (forge_account_id, repository_id, issue_number, phase)
    where ended_at is null;
create index attempt_claim on attempt (forge_account_id, claim_id);
create index attempt_ended_at on attempt (forge_account_id, ended_at) where ended_at is not null;

-- The number of the advisory lock of a phase: see attempt.
create function claim_lock_key(p_account uuid, p_repository_id uuid, p_issue integer, p_phase phase)
returns bigint
language sql stable as $$
    select hashtextextended(
        p_account::text || '/' || p_repository_id::text || '#' || p_issue::text || '/' || p_phase::text, 3)
$$;

-- The newest notice about an issue, a whole repository (issue 0) or the whole account (the nil repository): an older one that
-- comes late changes nothing.
create table lifecycle (
    forge_account_id uuid not null references forge_account (id),
    repository_id    uuid not null,
    issue_number     integer not null,
    closed           boolean not null,
    at               timestamptz not null,
    -- The forge's own time of what it told, where it names one beside the time of the event.
    as_of            timestamptz,
    -- Where the issue went, if it did.
    moved_to         uuid,
    moved_to_issue   integer,
    primary key (forge_account_id, repository_id, issue_number),
    constraint lifecycle_moved check (num_nulls(moved_to, moved_to_issue) in (0, 2))
);

-- When each repository with data was last asked about, however that ended, and when all was learned: one that always fails
-- goes to the back of the queue.
create table sweep (
    forge_account_id uuid not null references forge_account (id),
    repository_id    uuid not null,
    swept_at         timestamptz,
    attempted_at         timestamptz not null,
    primary key (forge_account_id, repository_id)
);

-- Usage of large accounts, counted in the background: see count_usage().
create table usage_count (
    forge_account_id uuid primary key references forge_account (id),
    -- Null until it is counted for the first time, and for a small account.
    counts           jsonb,
    counted_at       timestamptz,
    -- When the last counting began. What it has so far, while it is under way.
    started_at       timestamptz,
    progress         jsonb
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

-- The deliveries, and the queue of what is left to do. Only the effects of a payload are stored, until they are applied.
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
    effects          jsonb,
    -- The number of finished effects, and the rest of the next one if it was begun.
    progress         jsonb,
    attempts         integer not null default 0,
    -- Tries that were begun, and whose end nobody has told.
    unfinished       integer not null default 0,
    request_id       text not null,
    -- The first time, which is also when what has no time of its own happened.
    received_at      timestamptz not null default clock_timestamp(),
    next_try_at      timestamptz,
    finished_at       timestamptz,
    constraint webhook_delivery_effects check ((state = 'pending') = (effects is not null and next_try_at is not null)),
    constraint webhook_delivery_finished check ((state = 'pending') = (finished_at is null))
);
-- Only within one account: whoever has a hook of their own chooses its ids.
create unique index webhook_delivery_identity
    on webhook_delivery (coalesce(forge_account_id, '00000000-0000-0000-0000-000000000000'), delivery_id);
-- The accounts in turn, and what is due of each. An index by time alone would lead through all that the other accounts
-- have waiting.
create index webhook_delivery_turn on webhook_delivery (forge_account_id, next_try_at, id) where state = 'pending';
create index webhook_delivery_account on webhook_delivery (forge_account_id, id);
create index webhook_delivery_received_at on webhook_delivery (received_at);

-- The releases that share this database. Each has its functions in a schema of its own, which `migrate` installs and drops.
create table function_schema (
    name           text primary key,
    digest         text not null,
    -- The program that installed it last.
    version        text not null,
    release        integer not null,
    -- The objects in the schema: only these are ever dropped.
    contents       text[] not null,
    installed_at   timestamptz not null default clock_timestamp(),
    -- When it last became the one that `migrate` installs.
    activated_at   timestamptz not null default clock_timestamp(),
    -- When the last of its servers stopped in an orderly way.
    last_served_at timestamptz
);

-- The servers that run. Each gives a sign of life every 10 seconds and removes its row when it stops.
create table server_instance (
    id              uuid primary key,
    function_schema text not null,
    release         integer not null,
    started_at      timestamptz not null default clock_timestamp(),
    last_seen_at    timestamptz not null default clock_timestamp()
);

-- The oldest release that may work on these tables, in one row. Contract steps raise it.
create table upgrade_state (
    only_row    boolean primary key default true constraint upgrade_state_only_row check (only_row),
    min_release integer not null default 1,
    -- The value of min_release after the contract step that a run of migrate is applying; 0 if there is none.
    announced   integer not null default 0
);
insert into upgrade_state default values;

-- Returns true if a server with this last sign of life counts as running: for six times the interval between two signs.
create function is_running(p_last_seen_at timestamptz)
returns boolean
language sql volatile as $$
    select p_last_seen_at > clock_timestamp() - interval '60 seconds'
$$;

-- Row-level security is the second fence. A query that forgets its tenant sees nothing: the setting is absent or '' then.
-- The owner of the tables reads and writes these from the command line. A policy for it would name its role, and a dump could
-- be restored by no other owner.
alter table forge_account enable row level security;
alter table api_key enable row level security;
alter table function_schema enable row level security;
alter table server_instance enable row level security;
alter table upgrade_state enable row level security;
-- All others are closed to the owner, too.
alter table repository enable row level security, force row level security;
alter table spent_token enable row level security, force row level security;
alter table phase_data enable row level security, force row level security;
alter table phase_event enable row level security, force row level security;
alter table phase_revision enable row level security, force row level security;
alter table attempt enable row level security, force row level security;
alter table lifecycle enable row level security, force row level security;
alter table sweep enable row level security, force row level security;
alter table usage_count enable row level security, force row level security;
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
create policy tenant on attempt to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on lifecycle to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on sweep to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on usage_count to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on webhook_secret to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on webhook_delivery to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);

-- The registry of releases and servers belongs to no tenant: all servers share it.
create policy registry on function_schema to phase_data_app using (true);
create policy registry on server_instance to phase_data_app using (true);
create policy registry on upgrade_state for select to phase_data_app using (true);

-- Accounts and keys are looked up before their tenant is known; the server then sees the one that it asked for, no other.
create policy lookup on forge_account for select to phase_data_app
    using (forge || ':' || external_id = current_setting('phase_data.owner', true));
create policy lookup on api_key for select to phase_data_app
    using (id = current_setting('phase_data.api_key', true));
-- Whoever shows a whole leaked key may revoke it, and do no more.
create policy leaked on api_key for update to phase_data_app
    using (id = current_setting('phase_data.api_key', true));

-- The purge looks at every tenant, but sees nothing except what is over, and may only remove it and say so.
create policy purge on phase_data for select to phase_data_app
    using (current_setting('phase_data.task', true) = 'purge' and (purge_at is not null or expires_at is not null));
create policy purge_removes on phase_data for delete to phase_data_app
    using (current_setting('phase_data.task', true) = 'purge' and (purge_at is not null or expires_at is not null));
-- It locks rows before it removes them, and changes none.
create policy purge_locks on phase_data for update to phase_data_app
    using (current_setting('phase_data.task', true) = 'purge' and (purge_at is not null or expires_at is not null))
    with check (false);
create policy purge on phase_event for insert to phase_data_app
    with check (current_setting('phase_data.task', true) = 'purge' and kind in ('purged', 'expired'));
create policy purge on phase_revision to phase_data_app
    using (current_setting('phase_data.task', true) = 'purge');
create policy purge on lifecycle to phase_data_app
    using (current_setting('phase_data.task', true) = 'purge');
create policy purge on purge_failure to phase_data_app
    using (current_setting('phase_data.task', true) = 'purge');

create policy purge on repository for select to phase_data_app
    using (current_setting('phase_data.task', true) = 'purge');

-- Only the task that ends events may remove any, and none of the last day, whatever it is told. It has to find the accounts.
-- The exception is an account that is being deleted: only the owner of the tables can mark one.
create policy events_end on phase_event as restrictive for delete to phase_data_app
    using (current_setting('phase_data.task', true) = 'events' and at < now() - interval '1 day'
           or forge_account_id = (select a.id from phase_data.forge_account a
                                   where a.id = nullif(current_setting('phase_data.account', true), '')::uuid
                                     and a.deleted_at is not null));
create policy account_end on repository as restrictive for delete to phase_data_app
    using (forge_account_id = (select a.id from phase_data.forge_account a
                                where a.id = nullif(current_setting('phase_data.account', true), '')::uuid
                                  and a.deleted_at is not null));
create policy account_end on usage_count as restrictive for delete to phase_data_app
    using (forge_account_id = (select a.id from phase_data.forge_account a
                                where a.id = nullif(current_setting('phase_data.account', true), '')::uuid
                                  and a.deleted_at is not null));
create policy events on forge_account for select to phase_data_app
    using (current_setting('phase_data.task', true) = 'events');

-- The counting has to find the accounts, too.
create policy usage on forge_account for select to phase_data_app
    using (current_setting('phase_data.task', true) = 'usage');

-- The queue serves every tenant, and keeps deliveries that belong to none.
create policy queue on webhook_delivery to phase_data_app
    using (current_setting('phase_data.task', true) = 'webhook');
-- An owner who installs the App gets an account. This insert is the only access of the server to other accounts.
create policy webhook on forge_account for insert to phase_data_app
    with check (current_setting('phase_data.task', true) = 'webhook' and forge = 'github');

-- Whatever takes a document away from its place, for good or to another place, keeps its revision there.
create function keep_last_revision()
returns trigger
language plpgsql as $$
begin
    insert into phase_data.phase_revision as r (forge_account_id, repository_id, issue_number, phase, revision)
    values (old.forge_account_id, old.repository_id, old.issue_number, old.phase, old.revision)
    on conflict (forge_account_id, repository_id, issue_number, phase)
    do update set revision = greatest(r.revision, excluded.revision);
    return null;
end
$$;
create trigger keep_revision_by_delete after delete on phase_data
    for each row execute function keep_last_revision();
create trigger keep_revision_by_move after update on phase_data
    for each row when (old.repository_id <> new.repository_id or old.issue_number <> new.issue_number)
    execute function keep_last_revision();

-- Returns the signal for requests that wait for an issue: a number that reveals nothing to other listeners. It does not
-- depend on the repository, because the row that a waiting caller reads is known only when data exists.
create function issue_signal(p_account uuid, p_issue integer)
returns bigint
language sql immutable as $$
    select hashtextextended(p_account::text || '#' || p_issue::text, 2)
$$;
create function wake_waiting()
returns trigger
language plpgsql as $$
begin
    perform pg_notify('phase_data', phase_data.issue_signal(new.forge_account_id, new.issue_number)::text);
    return null;
end
$$;
-- Only where nothing could be seen before: whoever replaces a document wakes nobody, and does not pay for it
-- (transactions that notify take turns when they commit).
create trigger wake_by_insert after insert on phase_data
    for each row when (new.deleted_at is null) execute function wake_waiting();
create trigger wake_by_update after update on phase_data
    for each row when (new.deleted_at is null
                       and (old.deleted_at is not null or old.expires_at <= new.last_stored_at
                            or old.repository_id <> new.repository_id or old.issue_number <> new.issue_number))
    execute function wake_waiting();

-- Restarts a failed delivery when it is delivered again.
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
