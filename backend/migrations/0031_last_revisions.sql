-- The last revision of each phase whose document is gone, in one row: a new document goes on counting from there, so that
-- an entity tag never names two contents. It used to be looked for among all events of the issue.
create table phase_revision (
    forge_account_id uuid not null references forge_account (id),
    repository       text not null,
    issue_number     integer not null,
    phase            phase not null,
    revision         bigint not null,
    primary key (forge_account_id, repository, issue_number, phase)
);

-- Row-level security holds for the tables' owner, too, who has no tenant.
alter table phase_event no force row level security;
alter table phase_data no force row level security;
insert into phase_revision (forge_account_id, repository, issue_number, phase, revision)
    select e.forge_account_id, e.repository, e.issue_number, e.phase, max(e.revision)
      from phase_event e
     where not exists (select from phase_data d
                        where d.forge_account_id = e.forge_account_id and d.repository = e.repository
                          and d.issue_number = e.issue_number and d.phase = e.phase)
     group by e.forge_account_id, e.repository, e.issue_number, e.phase;
alter table phase_data force row level security;
alter table phase_event force row level security;

alter table phase_revision enable row level security, force row level security;
create policy tenant on phase_revision to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy purge on phase_revision to phase_data_app
    using (current_setting('phase_data.task', true) = 'purge');
grant select, insert, update on phase_revision to phase_data_app;

-- Whatever takes a document away from its place, for good or to another place, keeps its revision there.
create function keep_last_revision()
returns trigger
language plpgsql as $$
begin
    insert into phase_revision as r (forge_account_id, repository, issue_number, phase, revision)
    values (old.forge_account_id, old.repository, old.issue_number, old.phase, old.revision)
    on conflict (forge_account_id, repository, issue_number, phase)
    do update set revision = greatest(r.revision, excluded.revision);
    return null;
end
$$;
create trigger keep_revision_by_delete after delete on phase_data
    for each row execute function keep_last_revision();
create trigger keep_revision_by_move after update on phase_data
    for each row when (old.repository <> new.repository or old.issue_number <> new.issue_number)
    execute function keep_last_revision();

-- The last revision that a phase had whose document is gone. The tenant is set. In plpgsql, because that keeps the plan:
-- as a function in SQL it would be planned anew for every store.
create or replace function last_revision(p_account uuid, p_key text, p_issue integer, p_phase phase)
returns bigint
language plpgsql stable as $$
begin
    return (select r.revision from phase_revision r
             where r.forge_account_id = p_account and r.repository = p_key and r.issue_number = p_issue
               and r.phase = p_phase);
end
$$;
