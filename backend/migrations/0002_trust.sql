-- Which workflows an account's id tokens may come from; empty for the defaults.
alter table forge_account add column policy jsonb not null default '{}';

-- Keys that can be lived with: limited to repositories, rotated, and with a trace of their use.
alter table api_key
    add column repositories text[],
    add column last_used_at timestamptz;

-- A forge's repositories by their numeric id. `name` is what the repository is called now, `data_key` under
-- which name its data is kept: it never changes, so that a renamed repository keeps its data, and another
-- one that takes the old name gets none of it.
create table repository (
    forge_account_id uuid not null references forge_account (id),
    external_id      bigint not null,
    name             text,
    data_key         text not null,
    primary key (forge_account_id, external_id),
    constraint repository_name unique (forge_account_id, name),
    constraint repository_data_key unique (forge_account_id, data_key)
);

-- Id tokens that were used for a write, each with what was asked and answered, until they have expired.
create table spent_token (
    forge_account_id uuid not null references forge_account (id),
    jti              text not null,
    request_sha256   bytea not null,
    answer           jsonb,
    expires_at       timestamptz not null,
    primary key (forge_account_id, jti)
);
create index spent_token_expires_at on spent_token (forge_account_id, expires_at);

alter table repository enable row level security, force row level security;
alter table spent_token enable row level security, force row level security;

create policy tenant on repository to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on spent_token to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on api_key to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
create policy tenant on forge_account to phase_data_app
    using (id = nullif(current_setting('phase_data.account', true), '')::uuid);
-- An account is looked up by its owner before the tenant is known.
create policy lookup on forge_account for select to phase_data_app
    using (forge || ':' || external_id = current_setting('phase_data.owner', true));
-- Whoever shows a whole leaked key may revoke it, and do no more.
create policy leaked on api_key for update to phase_data_app
    using (id = current_setting('phase_data.api_key', true));

grant select, insert, update on repository to phase_data_app;
grant select, insert, update, delete on spent_token to phase_data_app;
grant select, update (policy) on forge_account to phase_data_app;
grant insert, update (expires_at, revoked_at, last_used_at) on api_key to phase_data_app;

create function find_account(p_forge text, p_external_id bigint)
returns setof forge_account
language plpgsql as $$
begin
    perform set_config('phase_data.owner', p_forge || ':' || p_external_id, true);
    return query select a.* from forge_account a where a.forge = p_forge and a.external_id = p_external_id;
end
$$;

-- An account's policy; with a new one, after setting it.
create function account_policy(p_account uuid, p_policy jsonb)
returns jsonb
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    if p_policy is not null then
        update forge_account a set policy = p_policy where a.id = p_account;
    end if;
    return (select a.policy from forge_account a where a.id = p_account);
end
$$;

-- Under which name a repository's data is kept. With an id (from a token) the id decides, and the name that
-- comes with it is taken over; without one (an API key knows names only) the name does. The tenant is set.
create function repository_key(p_account uuid, p_name text, p_external_id bigint)
returns text
language plpgsql as $$
declare
    v_known repository%rowtype;
    v_key   text := p_name;
begin
    if p_external_id is null then
        select r.data_key into v_key from repository r where r.forge_account_id = p_account and r.name = p_name;
        return coalesce(v_key, p_name);
    end if;
    select * into v_known from repository r
     where r.forge_account_id = p_account and r.external_id = p_external_id;
    if v_known.name = p_name then
        return v_known.data_key;
    end if;
    -- First seen, or renamed: whichever had this name before has another one now, or is gone.
    perform pg_advisory_xact_lock(hashtextextended(p_account::text, 0));
    update repository r set name = null
     where r.forge_account_id = p_account and r.name = p_name and r.external_id <> p_external_id;
    if v_known.data_key is null
       and exists (select from repository r where r.forge_account_id = p_account and r.data_key = p_name) then
        v_key := p_name || '#' || p_external_id;
    end if;
    insert into repository as r (forge_account_id, external_id, name, data_key)
    values (p_account, p_external_id, p_name, v_key)
    on conflict (forge_account_id, external_id) do update set name = excluded.name
    returning r.data_key into v_key;
    return v_key;
end
$$;

-- Takes a token for one write. Null: it is new and now taken, or there is none (an API key can be used
-- again). Else the recorded answer of the same request. For another request: an error with the state PD409.
create function spend_token(p_account uuid, p_jti text, p_request_sha256 bytea, p_expires_at timestamptz)
returns jsonb
language plpgsql as $$
declare
    v_spent spent_token%rowtype;
begin
    if p_jti is null then
        return null;
    end if;
    delete from spent_token t where t.forge_account_id = p_account and t.expires_at < now();
    -- Waits for a transaction that is using the same token right now.
    insert into spent_token (forge_account_id, jti, request_sha256, expires_at)
    values (p_account, p_jti, p_request_sha256, p_expires_at) on conflict do nothing;
    if found then
        return null;
    end if;
    select * into v_spent from spent_token t where t.forge_account_id = p_account and t.jti = p_jti;
    if v_spent.request_sha256 = p_request_sha256 then
        return v_spent.answer;
    end if;
    raise exception 'the token was used for another write' using errcode = 'PD409';
end
$$;

-- Records what a write answered, for its repetition with the same token.
create function record_answer(p_account uuid, p_jti text, p_answer jsonb)
returns void
language plpgsql as $$
begin
    if p_jti is not null then
        update spent_token t set answer = p_answer where t.forge_account_id = p_account and t.jti = p_jti;
    end if;
end
$$;

-- Sets when keys were last used; each array position is one key.
create function touch_api_keys(p_accounts uuid[], p_ids text[], p_times timestamptz[])
returns void
language plpgsql as $$
begin
    for i in 1 .. coalesce(array_length(p_ids, 1), 0) loop
        perform set_config('phase_data.account', p_accounts[i]::text, true);
        update api_key k set last_used_at = greatest(k.last_used_at, p_times[i])
         where k.forge_account_id = p_accounts[i] and k.id = p_ids[i];
    end loop;
end
$$;

-- Revokes a key that somebody else has seen. The digest proves that it is the whole key.
create function revoke_leaked_api_key(p_id text, p_sha256 bytea)
returns boolean
language plpgsql as $$
begin
    perform set_config('phase_data.api_key', p_id, true);
    update api_key k set revoked_at = coalesce(k.revoked_at, now())
     where k.id = p_id and k.secret_sha256 = p_sha256;
    return found;
end
$$;
