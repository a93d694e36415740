-- What an account keeps, and what happened in the last 30 days, as JSON.
create function account_usage(p_account uuid, p_repositories integer)
returns jsonb
language plpgsql as $$
declare
    v_usage  jsonb;
    v_events jsonb;
    v_keys   bigint;
begin
    perform set_config('phase_data.account', p_account::text, true);
    with per_repository as (
        select d.repository, count(*) as documents, sum(d.data_bytes) as bytes,
               count(distinct d.issue_number) as issues
          from phase_data d
         where d.forge_account_id = p_account and is_live(d)
         group by d.repository
    ), largest as (
        select * from per_repository order by bytes desc, repository limit p_repositories
    )
    select jsonb_build_object(
               'documents', coalesce(sum(r.documents), 0), 'bytes', coalesce(sum(r.bytes), 0),
               'issues', coalesce(sum(r.issues), 0), 'repository_count', count(*),
               'repositories', (select coalesce(jsonb_agg(to_jsonb(l) order by l.bytes desc, l.repository), '[]')
                                  from largest l))
      into v_usage from per_repository r;
    select jsonb_object_agg(k.kind, coalesce(e.events, 0)) into v_events
      from unnest(array['stored', 'deleted', 'restored', 'expired', 'purged', 'moved']) as k (kind)
      left join (select kind, count(*) as events from phase_event
                  where forge_account_id = p_account and at > now() - interval '30 days'
                  group by kind) e on e.kind = k.kind;
    select count(*) into v_keys from api_key k
     where k.forge_account_id = p_account and k.revoked_at is null
       and (k.expires_at is null or k.expires_at > now());
    return v_usage || jsonb_build_object('active_keys', v_keys, 'events_last_30_days', v_events);
end
$$;
