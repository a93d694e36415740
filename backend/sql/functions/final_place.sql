-- Where an issue is that moved to this place, as far as is known. An issue that came back to a place is there. The tenant is
-- set.
create function final_place(
    p_account uuid, p_from_id uuid, p_from_issue integer, inout to_id uuid, inout to_issue integer
)
language plpgsql stable as $$
declare
    v_next  record;
    v_id    constant uuid := to_id;
    v_issue constant integer := to_issue;
    v_seen  text[] := array[p_from_id || '#' || p_from_issue, to_id || '#' || to_issue];
begin
    loop
        select l.moved_to as id, l.moved_to_issue as issue into v_next from lifecycle l
         where l.forge_account_id = p_account and l.repository_id = to_id and l.issue_number = to_issue
           and l.moved_to is not null;
        exit when not found;
        if v_next.id || '#' || v_next.issue = any (v_seen) then
            to_id := v_id;
            to_issue := v_issue;
            return;
        end if;
        to_id := v_next.id;
        to_issue := v_next.issue;
        v_seen := v_seen || (to_id || '#' || to_issue);
    end loop;
end
$$;
