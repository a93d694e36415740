-- Removes for good what is past its grace period or has expired, a batch at a time so that no lock is held for
-- long; answers of which account how many, and up to which times. Rows that somebody is bringing back right now are
-- left alone, for the next purge. If the batch fails, each of its rows is tried by itself, and those that fail are
-- noted, and tried again after longer and longer pauses.
-- The settings leave the planner the indexes alone: by statistics from before a flood it would sort all that is due.
create function purge_batch(p_limit integer, p_purge_from timestamptz, p_expire_from timestamptz)
returns table (account uuid, purged bigint, expired bigint, purge_to timestamptz, expire_to timestamptz)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
declare
    v_ids       uuid[];
    v_purge_to  timestamptz;
    v_expire_to timestamptz;
    v_id        uuid;
    v_state     text;
begin
    perform set_config('phase_data.task', 'purge', true);
    -- A row that is due for both reasons is found twice. If it were excluded here, all such rows would delay the rows behind them.
    with past_grace as (
        select d.id, d.purge_at from phase_data d
         where d.purge_at <= now() and d.purge_at >= coalesce(p_purge_from, '-infinity') and not purge_waits(d.id)
         order by d.purge_at limit p_limit for update skip locked
    ), past_life as (
        select d.id, d.expires_at from phase_data d
         where d.expires_at <= now() and d.expires_at >= coalesce(p_expire_from, '-infinity') and not purge_waits(d.id)
         order by d.expires_at limit p_limit for update skip locked
    )
    select array(select p.id from past_grace p union select p.id from past_life p),
           (select max(p.purge_at) from past_grace p), (select max(p.expires_at) from past_life p)
      into v_ids, v_purge_to, v_expire_to;
    begin
        return query select r.account, r.purged, r.expired, v_purge_to, v_expire_to from purge_rows(v_ids) r;
        return;
    exception when others then
        raise warning 'a batch of the purge failed (SQLSTATE %), its rows are tried one by one', sqlstate;
    end;
    foreach v_id in array v_ids loop
        begin
            return query select r.* from purge_rows(array[v_id]) r;
        exception when others then
            get stacked diagnostics v_state = returned_sqlstate;
            insert into purge_failure as f (phase_data_id, forge_account_id, reason, next_try_at)
            select d.id, d.forge_account_id, 'SQLSTATE ' || v_state, clock_timestamp() + interval '1 second'
              from phase_data d where d.id = v_id
            on conflict (phase_data_id) do update
               set tries = f.tries + 1, reason = excluded.reason,
                   next_try_at = clock_timestamp() + least(interval '1 second' * 2 ^ f.tries, interval '10 minutes');
        end;
    end loop;
end
$$;
