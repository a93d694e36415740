-- Goes on counting an account's events of the last 30 days by the next p_rows of them, or a few more of one time. Of what
-- it answers, `after` is the time from which it goes on, and absent at the end. The tenant is set.
-- The settings leave the planner the indexes alone: by statistics from before a flood it would read whole tables.
create function count_events(p_account uuid, p_before jsonb, p_rows integer)
returns jsonb
language plpgsql stable
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
declare
    v_after timestamptz := coalesce((p_before ->> 'after')::timestamptz, now() - interval '30 days');
    v_to    timestamptz;
begin
    select e.at into v_to from phase_event e
     where e.forge_account_id = p_account and e.at > v_after
     order by e.at offset p_rows - 1 limit 1;
    return (
        select jsonb_build_object('kinds', coalesce(p_before -> 'kinds', '{}') || coalesce(
                   jsonb_object_agg(c.kind, c.events + coalesce((p_before -> 'kinds' -> c.kind)::bigint, 0)), '{}'))
               || case when v_to is null then '{}' else jsonb_build_object('after', v_to) end
          from (select e.kind, count(*) as events from phase_event e
                 where e.forge_account_id = p_account and e.at > v_after and e.at <= coalesce(v_to, 'infinity')
                 group by e.kind) c);
end
$$;
