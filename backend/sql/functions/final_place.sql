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
