-- Removes for good what is past its grace period or has expired, a batch at a time so that no lock is held for
-- long; answers of which account how many, and up to which times. Rows that somebody is bringing back right now are
-- left alone, for the next purge. If the batch fails, each of its rows is tried by itself, and those that fail are
-- noted, and tried again after longer and longer pauses.
create function purge_batch(p_limit integer, p_purge_from timestamptz, p_expire_from timestamptz)
returns table (account uuid, purged bigint, expired bigint, purge_to timestamptz, expire_to timestamptz)
language plpgsql as $$
declare
    v_ids   uuid[];
    v_id    uuid;
    v_state text;
begin
    perform set_config('phase_data.task', 'purge', true);
    with past_grace as (
        select d.id from phase_data d
         where d.purge_at <= now() and d.purge_at >= coalesce(p_purge_from, '-infinity') and not purge_waits(d.id)
         order by d.purge_at limit p_limit for update skip locked
    ), past_life as (
        select d.id from phase_data d
         where d.expires_at <= now() and d.expires_at >= coalesce(p_expire_from, '-infinity')
           and (d.purge_at is null or d.purge_at > now()) and not purge_waits(d.id)
         order by d.expires_at limit p_limit for update skip locked
    )
    select array_agg(due.id) into v_ids from (select id from past_grace union all select id from past_life) due;
    begin
        return query select r.* from purge_rows(v_ids) r;
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
