-- What a life of an issue's data needs: when it expires, when it was closed and by what, and until when it
-- can be brought back.

-- What hid a row: its issue, or all of its repository or account. A repository that comes back brings back
-- what went with it, not what had been closed before.
create type closing as enum ('issue', 'repository', 'account');

alter table phase_data
    -- From here on nobody sees the row; the purge removes it.
    add column expires_at timestamptz,
    -- When it was last asked to be stored. Unlike updated_at it moves, too, when the document stays as it was:
    -- a late "closed at T" must spare what somebody stored again after T.
    add column last_stored_at timestamptz not null default clock_timestamp(),
    -- Of what is closed (deleted_at): from here on it is gone for good, and what closed it.
    add column purge_at timestamptz,
    add column closed_by closing;

-- Row-level security holds for the tables' owner, too, who has no tenant.
alter table phase_data no force row level security;
update phase_data
   set last_stored_at = updated_at,
       purge_at = deleted_at + interval '7 days',
       closed_by = case when deleted_at is not null then 'issue'::closing end;
alter table phase_data force row level security;

drop index phase_data_deleted;
create index phase_data_purge_at on phase_data (purge_at) where purge_at is not null;
create index phase_data_expires_at on phase_data (expires_at) where expires_at is not null;

-- How long an account's closed data can be brought back (null: as the server is set, zero: not at all), and
-- how long its documents live if a store does not say (null: until they are closed).
alter table forge_account
    add column grace interval constraint forge_account_grace check (grace >= interval '0'),
    add column time_to_live interval constraint forge_account_time_to_live check (time_to_live > interval '0');
grant update (grace, time_to_live) on forge_account to phase_data_app;

-- The newest word about an issue, a whole repository (no issue) or the whole account (no repository): an older
-- one that comes late changes nothing.
create table lifecycle (
    forge_account_id uuid not null references forge_account (id),
    repository       text not null default '',
    issue_number     integer not null default 0,
    closed           boolean not null,
    at               timestamptz not null,
    primary key (forge_account_id, repository, issue_number)
);
alter table lifecycle enable row level security, force row level security;
create policy tenant on lifecycle to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
grant select, insert, update, delete on lifecycle to phase_data_app;

-- Whether a row can be seen.
create function is_live(d phase_data)
returns boolean
language sql stable as $$
    select d.deleted_at is null and (d.expires_at is null or d.expires_at > now())
$$;
