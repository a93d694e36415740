-- Fills one repository of an account with issues: `lists.account`, `lists.mix` and `lists.issues` say which and how many.
--
--   complete  all phases of one commit; only the last issue, which is the oldest, waits for a phase
--   commits   the same, of two commits by turns
--   hidden    only scans, all of closed issues
--   expired   only scans, all of them expired and not purged yet
--   over      only scans, all of them past their grace period and expired; of the last issue, which expired last, only that
--
-- Nothing is analyzed: the plans must hold with statistics from before.
begin;
alter table phase_data.phase_data disable trigger user;
insert into phase_data.repository (forge_account_id, name, named_at)
values (current_setting('lists.account')::uuid, 'octo/lists', now());
insert into phase_data.phase_data (
    forge_account_id, repository_id, repository, issue_number, phase, data, data_bytes, data_sha256, commit_sha, revision, created_at,
    updated_at, listed_at, last_stored_at, expires_at, deleted_at, purge_at, closed_by)
select account, repository_id, 'octo/lists', n, p.phase, '{"a": 1}', 8, '\x00',
       case when mix = 'commits' and n % 2 = 0 then repeat('b', 40) else repeat('a', 40) end, 1, stored, stored, stored, stored,
       case when mix in ('expired', 'over') then now() - (issues - n + 1) * interval '1 second' end,
       case when closed then now() - interval '2 days' end,
       case when closed then now() + case mix when 'hidden' then interval '5 days' else interval '-1 day' end end,
       case when closed then 'issue' end
  from (select current_setting('lists.account')::uuid as account, current_setting('lists.mix') as mix,
               current_setting('lists.issues')::integer as issues, r.id as repository_id
          from phase_data.repository r
         where r.forge_account_id = current_setting('lists.account')::uuid and r.name = 'octo/lists') wanted
 cross join lateral generate_series(1, issues) n
 cross join unnest(enum_range(null::phase_data.phase)) p (phase)
 cross join lateral (select now() - n * interval '1 second' + (p.phase <> 'scan')::integer * interval '1 millisecond' as stored,
                            mix = 'hidden' or (mix = 'over' and n < issues) as closed) times
 where p.phase = 'scan' or (mix in ('complete', 'commits') and n < issues);
alter table phase_data.phase_data enable trigger user;
-- Three events of each issue within the last 30 days, and a change of state.
insert into phase_data.phase_event (forge_account_id, repository_id, issue_number, phase, kind, revision, actor, request_id, at)
select r.forge_account_id, r.id, n, 'scan', kind, 1, '{"kind": "api_key"}', 'bench',
       now() - n * interval '1 second'
  from phase_data.repository r, generate_series(1, current_setting('lists.issues')::integer) n,
       unnest(array['stored', 'stored', 'deleted']) kind
 where r.forge_account_id = current_setting('lists.account')::uuid and r.name = 'octo/lists';
insert into phase_data.lifecycle (forge_account_id, repository_id, issue_number, closed, at)
select r.forge_account_id, r.id, n, true, now() - interval '40 days'
  from phase_data.repository r, generate_series(1, current_setting('lists.issues')::integer) n
 where r.forge_account_id = current_setting('lists.account')::uuid and r.name = 'octo/lists';
commit;
