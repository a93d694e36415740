-- The server works as phase_data_app, which owns nothing and can't bypass row-level security.
-- Roles belong to the whole cluster: another database's migration may be creating this one right now.
do $$
begin
    create role phase_data_app nologin nosuperuser nocreatedb nocreaterole nobypassrls;
exception when duplicate_object or unique_violation then
    null;
end
$$;
do $$
begin
    if not pg_has_role(current_user, 'phase_data_app', 'member') then
        execute format('grant phase_data_app to %I', current_user);
    end if;
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

-- Creates or replaces one phase. The outcome is created, replaced, unchanged or mismatch; for a mismatch
-- the revision is the stored one, or null when nothing is stored.
create function store_phase_data(
    p_account uuid, p_repository text, p_issue integer, p_phase phase, p_data jsonb, p_commit text,
    p_must_exist boolean, p_must_not_exist boolean, p_revisions bigint[], p_actor jsonb, p_request_id text
)
returns table (
    outcome text, revision bigint, data_bytes bigint, data_sha256 bytea,
    created_at timestamptz, updated_at timestamptz
)
language plpgsql as $$
#variable_conflict use_column
declare
    -- JSONB's own spelling: the digest and the size are those of what readers get.
    v_text constant text := p_data::text;
    v_sha  constant bytea := sha256(convert_to(v_text, 'UTF8'));
    v_size constant bigint := octet_length(v_text);
    v_now  timestamptz;
    v_old  record;
    v_live boolean;
begin
    perform set_config('phase_data.account', p_account::text, true);
    loop
        select d.id, d.revision, d.data_bytes, d.data_sha256, d.commit_sha, d.created_at, d.updated_at,
               d.deleted_at
          into v_old from phase_data d
         where d.forge_account_id = p_account and d.repository = p_repository
           and d.issue_number = p_issue and d.phase = p_phase
           for update;
        -- Read after the lock: waiting for it may have taken a while, and times follow revisions.
        v_now := clock_timestamp();
        v_live := v_old.id is not null and v_old.deleted_at is null;
        if (v_live and p_must_not_exist) or (not v_live and p_must_exist)
           or (p_revisions is not null and (not v_live or v_old.revision <> all (p_revisions))) then
            return query select 'mismatch', case when v_live then v_old.revision end,
                                null::bigint, null::bytea, null::timestamptz, null::timestamptz;
            return;
        end if;
        if v_live and v_old.data_sha256 = v_sha and v_old.commit_sha is not distinct from p_commit then
            return query select 'unchanged', v_old.revision, v_old.data_bytes, v_old.data_sha256,
                                v_old.created_at, v_old.updated_at;
            return;
        end if;
        if v_old.id is not null then
            -- Revisions go on counting through a deletion, so that an entity tag never names two contents.
            return query
                update phase_data d
                   set data = p_data, data_bytes = v_size, data_sha256 = v_sha, commit_sha = p_commit,
                       revision = v_old.revision + 1, updated_at = v_now, deleted_at = null,
                       created_at = case when v_live then v_old.created_at else v_now end
                 where d.id = v_old.id
             returning case when v_live then 'replaced' else 'created' end,
                       d.revision, d.data_bytes, d.data_sha256, d.created_at, d.updated_at;
            exit;
        end if;
        return query
            insert into phase_data as d (forge_account_id, repository, issue_number, phase, data, data_bytes,
                                         data_sha256, commit_sha, revision, created_at, updated_at)
            values (p_account, p_repository, p_issue, p_phase, p_data, v_size, v_sha, p_commit, 1, v_now, v_now)
            on conflict on constraint phase_data_identity do nothing
         returning 'created', d.revision, d.data_bytes, d.data_sha256, d.created_at, d.updated_at;
        -- Nothing inserted: another writer was first. Go round and meet its row.
        exit when found;
    end loop;
    insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, data_bytes,
                             data_sha256, actor, request_id)
    values (p_account, p_repository, p_issue, p_phase, 'stored', coalesce(v_old.revision, 0) + 1, v_size,
            v_sha, p_actor, p_request_id);
end
$$;

-- The stored phases of an issue, or the one that is asked for.
create function retrieve_phase_data(p_account uuid, p_repository text, p_issue integer, p_phase phase)
returns table (
    phase phase, revision bigint, commit_sha text, data_bytes bigint, data_sha256 bytea,
    created_at timestamptz, updated_at timestamptz, data jsonb
)
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        select d.phase, d.revision, d.commit_sha, d.data_bytes, d.data_sha256, d.created_at, d.updated_at,
               d.data
          from phase_data d
         where d.forge_account_id = p_account and d.repository = p_repository and d.issue_number = p_issue
           and (p_phase is null or d.phase = p_phase) and d.deleted_at is null
         order by d.phase;
end
$$;

-- Hides an issue's phases, or removes them for good; answers with the phases that this touched.
create function delete_phase_data(
    p_account uuid, p_repository text, p_issue integer, p_purge boolean, p_actor jsonb, p_request_id text
)
returns setof phase
language plpgsql as $$
declare
    v_row record;
begin
    perform set_config('phase_data.account', p_account::text, true);
    -- In the order of the phases, so that two clean-ups can't hold what the other waits for.
    for v_row in
        select d.id, d.phase, d.revision from phase_data d
         where d.forge_account_id = p_account and d.repository = p_repository and d.issue_number = p_issue
           and (p_purge or d.deleted_at is null)
         order by d.phase
           for update
    loop
        if p_purge then
            delete from phase_data where id = v_row.id;
        else
            update phase_data set deleted_at = clock_timestamp() where id = v_row.id;
        end if;
        insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, actor,
                                 request_id)
        values (p_account, p_repository, p_issue, v_row.phase,
                case when p_purge then 'purged' else 'deleted' end::phase_event_kind, v_row.revision,
                p_actor, p_request_id);
        return next v_row.phase;
    end loop;
end
$$;
