-- A purge that goes on from where its last batch ended. What was removed stays in the index for as long as any
-- transaction (a backup, say) can still see it: from the beginning, each batch would walk over all of it again.
drop function purge_batch(integer);

-- Removes for good what is past its grace period or has expired, a batch at a time so that no lock is held for
-- long; answers of which account how many, and up to which times. Rows that somebody is bringing back right now are
-- left alone, for the next purge.
create function purge_batch(p_limit integer, p_purge_from timestamptz, p_expire_from timestamptz)
returns table (account uuid, purged bigint, expired bigint, purge_to timestamptz, expire_to timestamptz)
language plpgsql as $$
begin
    perform set_config('phase_data.task', 'purge', true);
    return query
        with past_grace as (
            select d.id from phase_data d
             where d.purge_at <= now() and d.purge_at >= coalesce(p_purge_from, '-infinity')
             order by d.purge_at limit p_limit for update skip locked
        ), past_life as (
            select d.id from phase_data d
             where d.expires_at <= now() and d.expires_at >= coalesce(p_expire_from, '-infinity')
               and (d.purge_at is null or d.purge_at > now())
             order by d.expires_at limit p_limit for update skip locked
        ), gone as (
            delete from phase_data where id in (select id from past_grace union all select id from past_life)
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
          from gone g group by g.forge_account_id;
end
$$;
