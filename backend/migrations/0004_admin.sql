-- How long a key is meant to live, so that its replacement gets the same although rotation shortens its own
-- life; null for ever.
alter table api_key add column lifetime interval;
update api_key set lifetime = expires_at - created_at where expires_at is not null;

-- A name is one short line without control characters; the command line once took anything.
update api_key
   set name = coalesce(nullif(btrim(left(btrim(regexp_replace(name, '[[:cntrl:]]', ' ', 'g')), 100)), ''), 'unnamed');

-- An admin could widen a list of repositories: a key can't be limited and an admin's at once.
alter table api_key add constraint api_key_admin_reach check (scope <> 'admin' or repositories is null);

-- For counting what happened lately. It costs next to nothing when events are written, in order of time.
create index phase_event_at on phase_event using brin (at);

-- Keeps a new key, and answers with what is kept.
create function create_api_key(
    p_account uuid, p_id text, p_secret_sha256 bytea, p_name text, p_scope key_scope, p_repositories text[],
    p_lifetime interval
)
returns setof api_key
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        insert into api_key as k (id, forge_account_id, name, scope, secret_sha256, repositories, lifetime,
                                  expires_at)
        values (p_id, p_account, p_name, p_scope, p_secret_sha256, p_repositories, p_lifetime,
                now() + p_lifetime)
     returning k.*;
end
$$;

-- An account's keys, oldest first.
create function list_api_keys(p_account uuid)
returns setof api_key
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query select k.* from api_key k where k.forge_account_id = p_account order by k.created_at, k.id;
end
$$;

-- Revokes a key for good; nothing, if the account has none of this id. The first revocation's time stays.
create function revoke_api_key(p_account uuid, p_id text)
returns setof api_key
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        update api_key k set revoked_at = coalesce(k.revoked_at, now())
         where k.forge_account_id = p_account and k.id = p_id
     returning k.*;
end
$$;

-- Puts a new key in the place of an old one, which lives on for a while. Answers the new one and then the
-- old one; nothing, if the account has none of this id.
create function rotate_api_key(
    p_account uuid, p_id text, p_new_id text, p_new_secret_sha256 bytea, p_old_lives_on interval
)
returns setof api_key
language plpgsql as $$
declare
    v_old api_key%rowtype;
begin
    perform set_config('phase_data.account', p_account::text, true);
    update api_key k set expires_at = least(k.expires_at, now() + p_old_lives_on)
     where k.forge_account_id = p_account and k.id = p_id
 returning k.* into v_old;
    if not found then
        return;
    end if;
    return query
        select * from create_api_key(p_account, p_new_id, p_new_secret_sha256, v_old.name, v_old.scope,
                                     v_old.repositories, v_old.lifetime);
    return next v_old;
end
$$;

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
         where d.forge_account_id = p_account and d.deleted_at is null
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
      from unnest(enum_range(null::phase_event_kind)) as k (kind)
      left join (select kind, count(*) as events from phase_event
                  where forge_account_id = p_account and at > now() - interval '30 days'
                  group by kind) e on e.kind = k.kind;
    select count(*) into v_keys from api_key k
     where k.forge_account_id = p_account and k.revoked_at is null
       and (k.expires_at is null or k.expires_at > now());
    return v_usage || jsonb_build_object('active_keys', v_keys, 'events_last_30_days', v_events);
end
$$;
