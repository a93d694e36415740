-- Takes an issue's data along to where the issue went, what is hidden, too. What was stored there already stays: it is newer,
-- also if it was hidden since. Revisions go on counting. It goes to where the issue went on, if that was told before, and
-- p_confirmed does not say that it is there now. What could not go along is closed with the place that it had, and the newest
-- notice about the issue counts where it is now, whichever of its numbers it was about. With p_dry_run nothing changes.
create function move_issue(
    p_from repository_ref, p_from_issue integer, p_to repository_ref, p_to_issue integer, p_confirmed boolean,
    p_change lifecycle_change, p_by write_by, out moved integer, out closed integer, out restored integer
)
language plpgsql as $$
declare
    v_account constant uuid := p_from.account;
    v_from    uuid;
    v_to      uuid;
    v_issue   integer := p_to_issue;
    v_result  lifecycle_result;
    v_before  record;
    v_there   record;
begin
    perform set_config('phase_data.account', v_account::text, true);
    moved := 0;
    closed := 0;
    restored := 0;
    v_from := repository_of_event(p_from, p_change.dry_run);
    v_to := repository_of_event(p_to, p_change.dry_run);
    if v_from is null then
        return;
    end if;
    if not p_confirmed then
        select f.to_id, f.to_issue into v_to, v_issue
          from final_place(p_account => v_account, p_from_id => v_from, p_from_issue => p_from_issue,
                           to_id => v_to, to_issue => v_issue) f;
    end if;
    if v_from = v_to and p_from_issue = v_issue then
        return;
    end if;
    -- Before the documents are locked, and of both in one order: another move can go the other way.
    perform lock_notices(p_account => v_account, p_repository_id => i.id, p_issue => i.issue)
       from (select id, issue from (values (v_from, p_from_issue), (v_to, v_issue)) v (id, issue) order by id, issue) i;
    -- One that it went elsewhere is none about the issue itself.
    select l.closed, l.at into v_before from lifecycle l
     where l.forge_account_id = v_account and l.repository_id = v_from and l.issue_number = p_from_issue
       and l.moved_to is null;
    moved := move_documents(p_account => v_account, p_from_id => v_from, p_from_issue => p_from_issue,
                            p_to_id => v_to, p_to_issue => v_issue, p_dry_run => p_change.dry_run, p_by => p_by);
    v_result := change_lifecycle(p_account => v_account, p_repository_id => v_from, p_issue => p_from_issue,
                                 p_change => p_change, p_by => p_by, p_cursor => null);
    closed := v_result.closed;
    if p_change.dry_run then
        return;
    end if;
    update lifecycle l set moved_to = v_to, moved_to_issue = v_issue
     where l.forge_account_id = v_account and l.repository_id = v_from and l.issue_number = p_from_issue;
    select l.closed, l.at into v_there from lifecycle l
     where l.forge_account_id = v_account and l.repository_id = v_to and l.issue_number = v_issue
       and l.moved_to is null;
    if v_there.at is null or v_before.at > v_there.at or (v_before.at = v_there.at and not v_before.closed) then
        v_there := v_before;
    end if;
    if v_there.at is not null then
        v_result := change_lifecycle(
            p_account => v_account, p_repository_id => v_to, p_issue => v_issue,
            p_change => (v_there.closed, v_there.at, null, false, false, p_change.grace_seconds)::lifecycle_change,
            p_by => p_by, p_cursor => null);
        closed := closed + v_result.closed;
        restored := restored + v_result.restored;
    end if;
end
$$;
