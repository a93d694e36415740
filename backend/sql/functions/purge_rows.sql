-- Removes rows permanently and records their events. Returns how many of each account, and up to which times.
create function purge_rows(p_ids uuid[])
returns table (account uuid, purged bigint, expired bigint, purge_to timestamptz, expire_to timestamptz)
language sql as $$
    with removed as (
        delete from phase_data where id = any(p_ids)
        returning forge_account_id, repository_id, issue_number, phase, revision, purge_at, expires_at,
                  purge_at is null or purge_at > now() as over
    ), recorded as (
        insert into phase_event (forge_account_id, repository_id, issue_number, phase, kind, revision, actor,
                                 request_id)
        select g.forge_account_id, g.repository_id, g.issue_number, g.phase,
               case when g.over then 'expired' else 'purged' end, g.revision,
               '{"kind": "system"}', 'purge'
          from removed g
    )
    select g.forge_account_id, count(*) filter (where not g.over), count(*) filter (where g.over),
           max(g.purge_at) filter (where not g.over), max(g.expires_at) filter (where g.over)
      from removed g group by g.forge_account_id
$$;
