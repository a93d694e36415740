-- Removes at most so many rows of an account that is being deleted. Returns their number; 0 if none is left. Rows come before
-- those that they refer to. Events come last: whoever writes them holds a row of the repository.
-- The settings leave the planner the indexes alone: by statistics from before a flood it would read whole tables.
create function remove_account_rows(p_account uuid, p_limit integer)
returns integer
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
declare
    v_table   text;
    v_removed integer;
begin
    -- The failures of the purge are visible to its task only.
    perform set_config('phase_data.account', p_account::text, true), set_config('phase_data.task', 'purge', true);
    -- Documents are large, and few at a time.
    delete from phase_data d
     where d.id = any (array(select s.id from phase_data s where s.forge_account_id = p_account limit least(p_limit, 100)));
    get diagnostics v_removed = row_count;
    if v_removed > 0 then
        return v_removed;
    end if;
    foreach v_table in array array['purge_failure', 'phase_revision', 'attempt', 'lifecycle', 'sweep', 'spent_token', 'webhook_secret',
                                   'webhook_delivery', 'usage_count', 'repository', 'phase_event'] loop
        -- Of the repositories, those that took over another one come after it.
        execute format('delete from %I t where t.ctid = any (array(
                            select s.ctid from %I s where s.forge_account_id = $1 %s limit $2))', v_table, v_table,
                       case when v_table = 'repository' then
                           'and not exists (select from repository m
                                             where m.forge_account_id = $1 and m.merged_into = s.id)' end)
          using p_account, p_limit;
        get diagnostics v_removed = row_count;
        if v_removed > 0 then
            return v_removed;
        end if;
    end loop;
    return 0;
end
$$;
