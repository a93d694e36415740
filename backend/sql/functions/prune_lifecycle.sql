-- Looks at the next words after the given one, and forgets those that are old and about what has no data any more: no
-- late word comes about that. Answers the last word that was looked at, and how many were forgotten; nothing at the end.
-- The settings leave the planner the keys alone: by statistics from before a flood it would read whole tables.
create function prune_lifecycle(
    p_older_than interval, p_account uuid, p_repository_id uuid, p_issue integer, p_limit integer
)
returns table (forgotten integer, account uuid, repository_id uuid, issue_number integer)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
#variable_conflict use_column
declare
    v_before timestamptz := now() - p_older_than;
    v_word   record;
    v_kept   boolean;
begin
    perform set_config('phase_data.task', 'purge', true);
    forgotten := 0;
    for v_word in
        select l.forge_account_id, l.repository_id, l.issue_number, l.at from lifecycle l
         where (l.forge_account_id, l.repository_id, l.issue_number) > (p_account, p_repository_id, p_issue)
         order by l.forge_account_id, l.repository_id, l.issue_number limit p_limit
    loop
        account := v_word.forge_account_id;
        repository_id := v_word.repository_id;
        issue_number := v_word.issue_number;
        continue when v_word.at >= v_before or v_word.repository_id = '00000000-0000-0000-0000-000000000000';
        -- The purge itself sees no live data, so it asks as each tenant.
        perform set_config('phase_data.account', account::text, true);
        if v_word.issue_number = 0 then
            v_kept := exists (select from phase_data d
                               where d.forge_account_id = v_word.forge_account_id and d.repository_id = v_word.repository_id);
        else
            v_kept := exists (select from phase_data d
                               where d.forge_account_id = v_word.forge_account_id and d.repository_id = v_word.repository_id
                                 and d.issue_number = v_word.issue_number);
        end if;
        if not v_kept then
            -- Unless a newer word was said meanwhile.
            delete from lifecycle l
             where l.forge_account_id = v_word.forge_account_id and l.repository_id = v_word.repository_id
               and l.issue_number = v_word.issue_number and l.at < v_before;
            forgotten := forgotten + 1;
        end if;
    end loop;
    if account is not null then
        return next;
    end if;
end
$$;
