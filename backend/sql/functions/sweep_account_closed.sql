-- Returns true if an account has data that was closed with the account. If the first p_rows rows of it only wait for the
-- purge, the rows behind them decide.
-- The settings leave only indexes to the planner: with statistics from before a flood it would read all of the account.
create function sweep_account_closed(p_account uuid, p_rows integer)
returns boolean
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return (select coalesce(bool_or(w.can_return) or count(*) = p_rows, false)
              from (select can_return(d.deleted_at, d.purge_at, d.expires_at) as can_return from phase_data d
                     where d.forge_account_id = p_account and d.closed_by = 'account' limit p_rows) w);
end
$$;
