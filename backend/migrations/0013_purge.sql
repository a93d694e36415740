-- A purge that keeps its promises: what has expired goes when its time is over, even while it is closed and its
-- grace period is not; and the newest word about what has data is never forgotten.

-- What a purge would remove of each account now.
create or replace function purge_due()
returns table (account uuid, purged bigint, expired bigint)
language plpgsql as $$
begin
    perform set_config('phase_data.task', 'purge', true);
    return query
        select d.forge_account_id, count(*) filter (where d.purge_at <= now()),
               count(*) filter (where d.purge_at is null or d.purge_at > now())
          from phase_data d where d.purge_at <= now() or d.expires_at <= now()
         group by d.forge_account_id order by d.forge_account_id;
end
$$;

-- Removes for good what is past its grace period or has expired, a batch at a time so that no lock is held for
-- long; answers of which account how many. Rows that somebody is bringing back right now are left alone.
create or replace function purge_batch(p_limit integer)
returns table (account uuid, purged bigint, expired bigint)
language plpgsql as $$
begin
    perform set_config('phase_data.task', 'purge', true);
    return query
        with past_grace as (
            select d.id from phase_data d where d.purge_at <= now()
             order by d.purge_at limit p_limit for update skip locked
        ), past_life as (
            select d.id from phase_data d
             where d.expires_at <= now() and (d.purge_at is null or d.purge_at > now())
             order by d.expires_at limit p_limit for update skip locked
        ), gone as (
            delete from phase_data where id in (select id from past_grace union all select id from past_life)
            returning forge_account_id, repository, issue_number, phase, revision,
                      purge_at is null or purge_at > now() as over
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

create index lifecycle_at on lifecycle (at);

-- Forgets what was said of issues and repositories that have had no data for so long that no late word comes.
create or replace function forget_words(p_after interval)
returns void
language plpgsql as $$
declare
    v_account uuid;
begin
    perform set_config('phase_data.task', 'purge', true);
    for v_account in
        select distinct l.forge_account_id from lifecycle l where l.at < now() - p_after and l.repository <> ''
    loop
        -- The purge itself sees no live data, so it asks as each tenant.
        perform set_config('phase_data.account', v_account::text, true);
        delete from lifecycle l
         where l.forge_account_id = v_account and l.at < now() - p_after and l.repository <> ''
           and not exists (select from phase_data d
                            where d.forge_account_id = v_account and d.repository = l.repository
                              and (l.issue_number = 0 or d.issue_number = l.issue_number));
    end loop;
end
$$;
