-- Moves all that is kept under one row to another, and leads from the one to the other from now on. Of two documents of one
-- phase one that can be seen stays before one that can't, else the newer one; it gets a revision above both. Both rows are
-- locked, and the tenant is set.
create function merge_repository(p_account uuid, p_from uuid, p_to uuid)
returns void
language plpgsql as $$
begin
    update repository r set name = null, merged_into = p_to
     where r.forge_account_id = p_account and (r.id = p_from or r.merged_into = p_from);
    perform from phase_data d
      where d.forge_account_id = p_account and d.repository_id in (p_from, p_to)
      order by d.repository_id, d.issue_number, d.phase
        for update;
    -- The document that goes is told as purged at its place, and takes its revision along.
    with pair as (
        select f.id as from_id, t.id as to_id, f.revision as from_revision, t.revision as to_revision,
               (is_live(f.deleted_at, f.expires_at), f.last_stored_at)
                   > (is_live(t.deleted_at, t.expires_at), t.last_stored_at) as from_stays
          from phase_data f join phase_data t
            on t.forge_account_id = f.forge_account_id and t.repository_id = p_to
           and t.issue_number = f.issue_number and t.phase = f.phase
         where f.forge_account_id = p_account and f.repository_id = p_from
    ), gone as (
        delete from phase_data d using pair
         where d.id = case when pair.from_stays then pair.to_id else pair.from_id end
        returning d.repository_id, d.issue_number, d.phase, d.revision
    ), kept as (
        update phase_data d set revision = greatest(pair.from_revision, pair.to_revision) + 2
          from pair where d.id = case when pair.from_stays then pair.from_id else pair.to_id end
        returning d.issue_number, d.phase, d.revision, d.data_bytes, d.data_sha256
    )
    insert into phase_event (forge_account_id, repository_id, issue_number, phase, kind, revision, data_bytes,
                             data_sha256, actor, request_id)
    select p_account, g.repository_id, g.issue_number, g.phase, 'purged', g.revision, null, null,
           '{"kind": "system"}'::jsonb, 'merge'
      from gone g
    union all
    select p_account, p_to, k.issue_number, k.phase, 'merged', k.revision, k.data_bytes, k.data_sha256,
           '{"kind": "system"}'::jsonb, 'merge'
      from kept k;
    with moved as (
        update phase_data d
           set repository_id = p_to,
               revision = greatest(d.revision, 1 + coalesce(last_revision(
                   p_account => p_account, p_repository_id => p_to, p_issue => d.issue_number, p_phase => d.phase), 0))
         where d.forge_account_id = p_account and d.repository_id = p_from
        returning d.issue_number, d.phase, d.revision, d.data_bytes, d.data_sha256
    )
    insert into phase_event (forge_account_id, repository_id, issue_number, phase, kind, revision, data_bytes,
                             data_sha256, actor, request_id)
    select p_account, p_to, m.issue_number, m.phase, 'moved', m.revision, m.data_bytes, m.data_sha256,
           '{"kind": "system"}'::jsonb, 'merge'
      from moved m order by m.issue_number, m.phase;
    insert into phase_revision as r (forge_account_id, repository_id, issue_number, phase, revision)
    select f.forge_account_id, p_to, f.issue_number, f.phase, f.revision
      from phase_revision f where f.forge_account_id = p_account and f.repository_id = p_from
    on conflict (forge_account_id, repository_id, issue_number, phase)
    do update set revision = greatest(r.revision, excluded.revision);
    insert into lifecycle as l (forge_account_id, repository_id, issue_number, closed, at, as_of, moved_to,
                                moved_to_issue)
    select f.forge_account_id, p_to, f.issue_number, f.closed, f.at, f.as_of, f.moved_to, f.moved_to_issue
      from lifecycle f where f.forge_account_id = p_account and f.repository_id = p_from
    on conflict (forge_account_id, repository_id, issue_number)
    do update set closed = excluded.closed, at = excluded.at, as_of = greatest(l.as_of, excluded.as_of),
                  moved_to = excluded.moved_to, moved_to_issue = excluded.moved_to_issue
     where excluded.at > l.at;
    update lifecycle l set moved_to = p_to where l.forge_account_id = p_account and l.moved_to = p_from;
    perform move_attempts(p_account => p_account, p_from_id => p_from, p_from_issue => 0, p_to_id => p_to, p_to_issue => 0);
    delete from phase_revision r where r.forge_account_id = p_account and r.repository_id = p_from;
    delete from lifecycle l where l.forge_account_id = p_account and l.repository_id = p_from;
    delete from sweep s where s.forge_account_id = p_account and s.repository_id = p_from;
end
$$;
