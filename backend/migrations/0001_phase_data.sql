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

create type phase as enum ('scan', 'validate', 'mitigate');
create type key_scope as enum ('read', 'write', 'admin');
create type phase_event_kind as enum ('stored', 'deleted', 'restored', 'expired', 'purged');

-- A forge's owner (organisation or user). The numeric id is its identity; the login is for display.
create table forge_account (
    id          uuid primary key,
    forge       text not null,
    external_id bigint not null,
    login       text not null,
    created_at  timestamptz not null default now(),
    constraint forge_account_identity unique (forge, external_id)
);

create table api_key (
    id               text primary key,
    forge_account_id uuid not null references forge_account (id),
    name             text not null,
    scope            key_scope not null,
    secret_sha256    bytea not null,
    created_at       timestamptz not null default now(),
    expires_at       timestamptz,
    revoked_at       timestamptz
);
create index api_key_forge_account on api_key (forge_account_id);

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
    deleted_at       timestamptz,
    constraint phase_data_identity unique (forge_account_id, repository, issue_number, phase)
);
create index phase_data_deleted on phase_data (deleted_at) where deleted_at is not null;

-- Receipts: who did what, from where, when. Never the payload. Nobody may change or remove one.
create table phase_event (
    id               bigint generated always as identity primary key,
    forge_account_id uuid not null references forge_account (id),
    repository       text not null,
    issue_number     integer not null,
    phase            phase not null,
    kind             phase_event_kind not null,
    revision         bigint not null,
    data_bytes       bigint,
    data_sha256      bytea,
    actor            jsonb not null,
    request_id       text not null,
    at               timestamptz not null default clock_timestamp()
);
create index phase_event_issue on phase_event (forge_account_id, repository, issue_number, id);

-- The second fence. A query that forgets its tenant sees nothing: the setting is absent or '' then.
alter table forge_account enable row level security, force row level security;
alter table api_key enable row level security, force row level security;
alter table phase_data enable row level security, force row level security;
alter table phase_event enable row level security, force row level security;

create policy tenant on phase_data to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on phase_event to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
-- A key is looked up before its tenant is known; the server then sees the key that it asked for, no other.
create policy lookup on api_key for select to phase_data_app
    using (id = current_setting('phase_data.api_key', true));

-- The owner of the tables makes accounts and keys from the command line.
create policy operator on forge_account to current_user using (true);
create policy operator on api_key to current_user using (true);

grant select on api_key to phase_data_app;
grant select, insert, update, delete on phase_data to phase_data_app;
grant select, insert on phase_event to phase_data_app;

-- Each function is one round trip: it names the tenant to row-level security and then does its work.
-- They run with the caller's rights. A plain `with … set_config` would do for inserts, but selects and
-- deletes would silently see no rows.

create function find_api_key(p_id text)
returns setof api_key
language plpgsql as $$
begin
    perform set_config('phase_data.api_key', p_id, true);
    return query select k.* from api_key k where k.id = p_id;
end
$$;
