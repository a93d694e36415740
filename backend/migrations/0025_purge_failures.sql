-- A row that can't be purged keeps nothing else from being purged.

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
alter table purge_failure enable row level security, force row level security;
create policy purge on purge_failure to phase_data_app
    using (current_setting('phase_data.task', true) = 'purge');
grant select, insert, update, delete on purge_failure to phase_data_app;

-- Whether the purge leaves a row alone for now, or for good.
create function purge_waits(p_id uuid)
returns boolean
language sql stable as $$
    select exists (select from purge_failure f
                    where f.phase_data_id = p_id and (f.tries >= 12 or f.next_try_at > now()))
$$;

-- Removes rows for good and says so in their events; answers of which account how many, and up to which times.
create function purge_rows(p_ids uuid[])
returns table (account uuid, purged bigint, expired bigint, purge_to timestamptz, expire_to timestamptz)
language sql as $$
    with gone as (
        delete from phase_data where id = any(p_ids)
        returning forge_account_id, repository, issue_number, phase, revision, purge_at, expires_at,
                  purge_at is null or purge_at > now() as over
    ), told as (
        insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, actor,
                                 request_id)
        select g.forge_account_id, g.repository, g.issue_number, g.phase,
               (case when g.over then 'expired' else 'purged' end)::phase_event_kind, g.revision,
               '{"kind": "system"}', 'purge'
          from gone g
    )
    select g.forge_account_id, count(*) filter (where not g.over), count(*) filter (where g.over),
           max(g.purge_at) filter (where not g.over), max(g.expires_at) filter (where g.over)
      from gone g group by g.forge_account_id
$$;

-- Removes for good what is past its grace period or has expired, a batch at a time so that no lock is held for
-- long; answers of which account how many, and up to which times. Rows that somebody is bringing back right now are
-- left alone, for the next purge. If the batch fails, each of its rows is tried by itself, and those that fail are
-- noted, and tried again after longer and longer pauses.
create or replace function purge_batch(p_limit integer, p_purge_from timestamptz, p_expire_from timestamptz)
returns table (account uuid, purged bigint, expired bigint, purge_to timestamptz, expire_to timestamptz)
language plpgsql as $$
declare
    v_ids   uuid[];
    v_id    uuid;
    v_state text;
begin
    perform set_config('phase_data.task', 'purge', true);
    with past_grace as (
        select d.id from phase_data d
         where d.purge_at <= now() and d.purge_at >= coalesce(p_purge_from, '-infinity') and not purge_waits(d.id)
         order by d.purge_at limit p_limit for update skip locked
    ), past_life as (
        select d.id from phase_data d
         where d.expires_at <= now() and d.expires_at >= coalesce(p_expire_from, '-infinity')
           and (d.purge_at is null or d.purge_at > now()) and not purge_waits(d.id)
         order by d.expires_at limit p_limit for update skip locked
    )
    select array_agg(due.id) into v_ids from (select id from past_grace union all select id from past_life) due;
    begin
        return query select r.* from purge_rows(v_ids) r;
        return;
    exception when others then
        raise warning 'a batch of the purge failed (SQLSTATE %), its rows are tried one by one', sqlstate;
    end;
    foreach v_id in array v_ids loop
        begin
            return query select r.* from purge_rows(array[v_id]) r;
        exception when others then
            get stacked diagnostics v_state = returned_sqlstate;
            insert into purge_failure as f (phase_data_id, forge_account_id, reason, next_try_at)
            select d.id, d.forge_account_id, 'SQLSTATE ' || v_state, clock_timestamp() + interval '1 second'
              from phase_data d where d.id = v_id
            on conflict (phase_data_id) do update
               set tries = f.tries + 1, reason = excluded.reason,
                   next_try_at = clock_timestamp() + least(interval '1 second' * 2 ^ f.tries, interval '10 minutes');
        end;
    end loop;
end
$$;

-- The rows whose purge failed, the newest failures first. Of rows that are gone nothing is kept.
create function purge_failures(p_limit integer)
returns table (
    account uuid, repository text, issue_number integer, phase phase, tries integer, reason text, next_try_at timestamptz
)
language plpgsql as $$
begin
    perform set_config('phase_data.task', 'purge', true);
    delete from purge_failure f where not exists (select from phase_data d where d.id = f.phase_data_id);
    return query
        select d.forge_account_id, d.repository, d.issue_number, d.phase, f.tries, f.reason,
               case when f.tries < 12 then f.next_try_at end
          from purge_failure f join phase_data d on d.id = f.phase_data_id
         order by f.next_try_at desc limit p_limit;
end
$$;
