-- Sweeps know repositories by their ids, and report what they changed.

-- When a repository was last asked about, however that ended: one that always fails goes to the back of the queue.
alter table sweep add column tried_at timestamptz;
alter table sweep alter column swept_at drop not null;
alter table sweep no force row level security;
update sweep set tried_at = swept_at;
alter table sweep force row level security;
alter table sweep alter column tried_at set not null;

drop function record_sweep(uuid, text);

-- Notes that a repository was asked about, and whether all was learned.
create function record_sweep(p_account uuid, p_data_key text, p_complete boolean)
returns void
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    insert into sweep as s (forge_account_id, repository, tried_at, swept_at)
    values (p_account, p_data_key, now(), case when p_complete then now() end)
        on conflict (forge_account_id, repository) do update
           set tried_at = excluded.tried_at, swept_at = coalesce(excluded.swept_at, s.swept_at);
end
$$;

drop function sweep_repositories(uuid);
drop function sweep_issues(uuid, text);

-- Whether a row can be seen, or could be once everything is back that these hid.
create function is_live_with(d phase_data, p_back closing[])
returns boolean
language sql stable as $$
    select is_live(d) or (d.closed_by = any (p_back) and can_return(d))
$$;

-- The repositories of an account that have data, seen or hidden, by the names that they have now, those first that
-- were not asked about for the longest time. Each with whether it has data that can be seen (or could be, with what
-- p_back names), and since when it has some that went with the repository.
create function sweep_repositories(p_account uuid, p_back closing[])
returns table (data_key text, name text, external_id bigint, has_live boolean, went_at timestamptz)
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        select d.repository, coalesce(r.name, split_part(d.repository, '#', 1)), r.external_id, d.has_live, d.went_at
          from (select l.repository, bool_or(is_live_with(l, p_back)) as has_live,
                       min(l.deleted_at) filter (where l.closed_by = 'repository' and can_return(l)) as went_at
                  from phase_data l
                 where l.forge_account_id = p_account and (is_live(l) or can_return(l))
                 group by l.repository) d
          left join repository r on r.forge_account_id = p_account and r.data_key = d.repository
          left join sweep s on s.forge_account_id = p_account and s.repository = d.repository
         order by s.tried_at nulls first, d.repository;
end
$$;

-- The issues of a repository that have data: when the document was stored that was left alone for the longest time, of
-- those that can be seen (or could be, with what p_back names), and since when the issue is known to be closed, if any
-- was hidden for that.
create function sweep_issues(p_account uuid, p_data_key text, p_back closing[])
returns table (issue_number integer, first_stored timestamptz, closed_at timestamptz)
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        select d.issue_number, min(d.last_stored_at) filter (where is_live_with(d, p_back)),
               case when bool_or(d.closed_by = 'issue') then coalesce(l.at, min(d.deleted_at)) end
          from phase_data d
          left join lifecycle l on l.forge_account_id = p_account and l.repository = p_data_key
                               and l.issue_number = d.issue_number and l.closed
         where d.forge_account_id = p_account and d.repository = p_data_key
           and (is_live_with(d, p_back) or (d.closed_by = 'issue' and can_return(d)))
         group by d.issue_number, l.at order by d.issue_number;
end
$$;

-- Takes over the name that a forge says a repository of this id has, unless the repository is known. The tenant is set
-- here.
create function learn_repository(p_account uuid, p_name text, p_external_id bigint)
returns void
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    if not exists (select from repository r
                    where r.forge_account_id = p_account and r.external_id = p_external_id) then
        perform repository_key(p_account, p_name, p_external_id);
    end if;
end
$$;

-- A repository was renamed at this time: the new name holds unless a newer one is known. The forge tells whole seconds: of
-- two names of one second the one that is told later holds. The tenant is set.
create or replace function rename_repository(
    p_account uuid, p_external_id bigint, p_old_name text, p_name text, p_at timestamptz
)
returns void
language plpgsql as $$
begin
    if not exists (select from repository r
                    where r.forge_account_id = p_account and r.external_id = p_external_id) then
        perform repository_key(p_account, p_old_name, p_external_id);
    elsif exists (select from repository r
                   where r.forge_account_id = p_account and r.external_id = p_external_id
                     and date_trunc('second', r.named_at) > p_at) then
        return;
    end if;
    perform repository_key(p_account, p_name, p_external_id);
    update repository r set named_at = p_at
     where r.forge_account_id = p_account and r.external_id = p_external_id;
end
$$;

-- Whether rename_repository() would change anything. The tenant is set.
create function rename_changes(p_account uuid, p_external_id bigint, p_name text, p_at timestamptz)
returns boolean
language sql stable as $$
    select not exists (select from repository r
                        where r.forge_account_id = p_account and r.external_id = p_external_id
                          and (r.name = p_name or date_trunc('second', r.named_at) > p_at))
$$;

alter table lifecycle
    -- The forge's own time of the state that it told, where it names one: a state from before that, told later, is
    -- stale.
    add column as_of timestamptz,
    -- Where an issue went from here. Transfers can be told in another order than they happened.
    add column moved_to text,
    add column moved_to_issue integer,
    add constraint lifecycle_moved check (num_nulls(moved_to, moved_to_issue) in (0, 2));

-- Where an issue is that moved to this place, as far as is known. An issue that came back to a place is there. The
-- tenant is set.
create function final_place(
    p_account uuid, p_key text, p_issue integer, inout to_key text, inout to_issue integer
)
language plpgsql as $$
declare
    v_next  record;
    v_key   text := to_key;
    v_issue integer := to_issue;
    v_seen  text[] := array[p_key || '#' || p_issue, to_key || '#' || to_issue];
begin
    loop
        select l.moved_to as key, l.moved_to_issue as issue into v_next from lifecycle l
         where l.forge_account_id = p_account and l.repository = to_key and l.issue_number = to_issue
           and l.moved_to is not null;
        exit when not found;
        if v_next.key || '#' || v_next.issue = any (v_seen) then
            to_key := v_key;
            to_issue := v_issue;
            return;
        end if;
        to_key := v_next.key;
        to_issue := v_next.issue;
        v_seen := v_seen || (to_key || '#' || to_issue);
    end loop;
end
$$;

drop function move_issue(uuid, text, integer, text, integer, jsonb, text);

-- Takes an issue's data along to where the issue went, what is hidden, too. What was stored there already stays:
-- it is newer, also if it was hidden since. Revisions go on counting, so that an entity tag never names two contents. Answers how many documents
-- moved, and where to: to where the issue went on, if that was told before, and p_confirmed does not say that it is
-- there now. With p_dry_run it changes nothing. The tenant is set.
create function move_issue(
    p_account uuid, p_key text, p_issue integer, p_confirmed boolean, p_dry_run boolean, p_actor jsonb,
    p_request_id text, inout to_key text, inout to_issue integer, out moved integer
)
language plpgsql as $$
declare
    v_row      record;
    v_there    record;
    v_revision bigint;
begin
    moved := 0;
    if not p_confirmed then
        select f.to_key, f.to_issue into to_key, to_issue
          from final_place(p_account, p_key, p_issue, to_key, to_issue) f;
    end if;
    if p_key = to_key and p_issue = to_issue then
        return;
    end if;
    if not p_dry_run then
        -- It is here again: what was said when it went is over.
        delete from lifecycle l
         where l.forge_account_id = p_account and l.repository = to_key and l.issue_number = to_issue
           and l.moved_to is not null;
    end if;
    for v_row in
        select d.id, d.phase, d.revision, d.data_bytes, d.data_sha256, d.last_stored_at from phase_data d
         where d.forge_account_id = p_account and d.repository = p_key and d.issue_number = p_issue
         order by d.phase
           for update
    loop
        select d.id, d.revision, is_live(d) or (not is_over(d) and d.last_stored_at > v_row.last_stored_at) as stays
          into v_there from phase_data d
         where d.forge_account_id = p_account and d.repository = to_key and d.issue_number = to_issue
           and d.phase = v_row.phase
           for update;
        continue when v_there.stays;
        moved := moved + 1;
        continue when p_dry_run;
        if v_there.id is not null then
            delete from phase_data d where d.id = v_there.id;
            insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, actor,
                                     request_id)
            values (p_account, to_key, to_issue, v_row.phase, 'purged', v_there.revision, p_actor, p_request_id);
        end if;
        v_revision := greatest(v_row.revision, coalesce(
            v_there.revision, last_revision(p_account, to_key, to_issue, v_row.phase), 0) + 1);
        update phase_data d set repository = to_key, issue_number = to_issue, revision = v_revision
         where d.id = v_row.id;
        -- One receipt where it was, and one where it is.
        insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, data_bytes,
                                 data_sha256, actor, request_id)
        values (p_account, p_key, p_issue, v_row.phase, 'moved', v_row.revision, null, null, p_actor,
                p_request_id),
               (p_account, to_key, to_issue, v_row.phase, 'moved', v_revision, v_row.data_bytes,
                v_row.data_sha256, p_actor, p_request_id);
    end loop;
end
$$;
