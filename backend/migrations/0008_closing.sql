-- Closing and reopening are decided by the server's rules, row by row, in one transaction; what stays here is the
-- purge, which works in batches and for every tenant.
drop function delete_phase_data(uuid, text, bigint, integer, boolean, text, bytea, timestamptz, jsonb, text);
drop function purge_deleted(interval, integer);

alter type phase_event_kind add value 'moved';

alter table phase_data no force row level security;
alter table phase_data add constraint phase_data_closed
    check (num_nulls(deleted_at, purge_at, closed_by) in (0, 3));
alter table phase_data force row level security;

-- The purge looks at every tenant, but sees nothing except what is over, and may only remove it and say so.
drop policy purge on phase_data;
drop policy purge on phase_event;
create policy purge on phase_data to phase_data_app
    using (current_setting('phase_data.task', true) = 'purge' and (purge_at is not null or expires_at is not null));
create policy purge on phase_event for insert to phase_data_app
    with check (current_setting('phase_data.task', true) = 'purge' and kind in ('purged', 'expired'));
create policy purge on lifecycle to phase_data_app
    using (current_setting('phase_data.task', true) = 'purge');

-- What a purge would remove of each account now.
create function purge_due()
returns table (account uuid, purged bigint, expired bigint)
language plpgsql as $$
begin
    perform set_config('phase_data.task', 'purge', true);
    return query
        select d.forge_account_id, count(*) filter (where d.purge_at <= now()),
               count(*) filter (where d.purge_at is null)
          from phase_data d where d.purge_at <= now() or (d.purge_at is null and d.expires_at <= now())
         group by d.forge_account_id order by d.forge_account_id;
end
$$;

-- Removes for good what is past its grace period or has expired, a batch at a time so that no lock is held for
-- long; answers of which account how many. Rows that somebody is bringing back right now are left alone.
create function purge_batch(p_limit integer)
returns table (account uuid, purged bigint, expired bigint)
language plpgsql as $$
begin
    perform set_config('phase_data.task', 'purge', true);
    return query
        with past_grace as (
            select d.id from phase_data d where d.purge_at <= now()
             order by d.purge_at limit p_limit for update skip locked
        ), past_life as (
            select d.id from phase_data d where d.expires_at <= now() and d.purge_at is null
             order by d.expires_at limit p_limit for update skip locked
        ), gone as (
            delete from phase_data where id in (select id from past_grace union all select id from past_life)
            returning forge_account_id, repository, issue_number, phase, revision, purge_at is null as over
        ), told as (
            insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, actor,
                                     request_id)
            select g.forge_account_id, g.repository, g.issue_number, g.phase,
                   (case when g.over then 'expired' else 'purged' end)::phase_event_kind, g.revision,
                   '{"kind": "system"}', 'purge'
              from gone g
        )
        select g.forge_account_id, count(*) filter (where not g.over), count(*) filter (where g.over)
          from gone g group by g.forge_account_id;
end
$$;

-- Forgets what was said of issues and repositories that have had no data for so long that no late word comes.
create function forget_words(p_after interval)
returns void
language plpgsql as $$
begin
    perform set_config('phase_data.task', 'purge', true);
    delete from lifecycle l
     where l.at < now() - p_after and l.repository <> ''
       and not exists (select from phase_data d
                        where d.forge_account_id = l.forge_account_id and d.repository = l.repository
                          and (l.issue_number = 0 or d.issue_number = l.issue_number));
end
$$;

-- An account's own times; with p_set, after setting them.
create function account_retention(
    p_account uuid, p_set boolean, p_grace interval, p_time_to_live interval,
    out grace interval, out time_to_live interval
)
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    if p_set then
        update forge_account a set grace = p_grace, time_to_live = p_time_to_live where a.id = p_account;
    end if;
    select a.grace, a.time_to_live into grace, time_to_live from forge_account a where a.id = p_account;
end
$$;

-- What an account keeps, and what happened in the last 30 days, as JSON.
create or replace function account_usage(p_account uuid, p_repositories integer)
returns jsonb
language plpgsql as $$
declare
    v_usage  jsonb;
    v_events jsonb;
    v_keys   bigint;
begin
    perform set_config('phase_data.account', p_account::text, true);
    with per_repository as (
        select d.repository, count(*) as documents, sum(d.data_bytes) as bytes,
               count(distinct d.issue_number) as issues
          from phase_data d
         where d.forge_account_id = p_account and is_live(d)
         group by d.repository
    ), largest as (
        select * from per_repository order by bytes desc, repository limit p_repositories
    )
    select jsonb_build_object(
               'documents', coalesce(sum(r.documents), 0), 'bytes', coalesce(sum(r.bytes), 0),
               'issues', coalesce(sum(r.issues), 0), 'repository_count', count(*),
               'repositories', (select coalesce(jsonb_agg(to_jsonb(l) order by l.bytes desc, l.repository), '[]')
                                  from largest l))
      into v_usage from per_repository r;
    select jsonb_object_agg(k.kind, coalesce(e.events, 0)) into v_events
      from unnest(enum_range(null::phase_event_kind)) as k (kind)
      left join (select kind, count(*) as events from phase_event
                  where forge_account_id = p_account and at > now() - interval '30 days'
                  group by kind) e on e.kind = k.kind;
    select count(*) into v_keys from api_key k
     where k.forge_account_id = p_account and k.revoked_at is null
       and (k.expires_at is null or k.expires_at > now());
    return v_usage || jsonb_build_object('active_keys', v_keys, 'events_last_30_days', v_events);
end
$$;
