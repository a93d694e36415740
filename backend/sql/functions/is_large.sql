-- Returns true if an account has more than p_most_rows documents (including hidden ones), or events of the last 30 days. The
-- tenant is set.
-- The settings leave only indexes to the planner: with statistics from before a flood it would read whole tables.
create function is_large(p_account uuid, p_most_rows integer)
returns boolean
language plpgsql stable
set enable_seqscan = off set enable_bitmapscan = off as $$
begin
    return exists (select from phase_data d where d.forge_account_id = p_account
                    order by d.repository_id, d.issue_number offset p_most_rows limit 1)
        or exists (select from phase_event e where e.forge_account_id = p_account and e.at > now() - interval '30 days'
                    order by e.at offset p_most_rows limit 1);
end
$$;
