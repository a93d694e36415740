-- Goes on counting what the next large account after p_after has, by so many rows; small ones are counted when somebody
-- asks. Answers which account that is, or the last one that was looked at, and whether the next one can be taken; nothing
-- after the last account.
-- An account is counted again after five minutes at the soonest and fifty times as long as it takes, if anything happened;
-- after an hour in any case, for documents expire and events grow old by themselves.
create function count_usage(p_after uuid, p_repositories integer, p_large integer, p_rows integer)
returns table (account uuid, is_done boolean)
language plpgsql as $$
declare
    v_count usage_count%rowtype;
begin
    perform set_config('phase_data.task', 'usage', true);
    is_done := true;
    account := p_after;
    for v_place in 1..100 loop
        select a.id into account from forge_account a
         where a.id > account and a.deleted_at is null order by a.id limit 1;
        exit when not found;
        perform set_config('phase_data.account', account::text, true);
        insert into usage_count (forge_account_id) values (account) on conflict do nothing;
        -- Another instance may be at it.
        select * into v_count from usage_count c where c.forge_account_id = account for update skip locked;
        continue when not found;
        if v_count.progress is null then
            continue when v_count.started_at > now() - greatest(interval '5 minutes',
                                                                50 * (v_count.counted_at - v_count.started_at));
            continue when v_count.started_at is not null
                and (v_count.counts is null or v_count.started_at > now() - interval '1 hour')
                and not exists (select from phase_event e
                                 where e.forge_account_id = account and e.at >= v_count.started_at);
            if not is_large(account, p_large) then
                update usage_count c set started_at = now(), counts = null, counted_at = null
                 where c.forge_account_id = account;
                exit;
            end if;
            v_count.progress := '{}';
            v_count.started_at := now();
        end if;
        is_done := count_slice(v_count, p_repositories, p_rows);
        exit;
    end loop;
    if account is not null then
        return next;
    end if;
end
$$;
