-- The calls on phase data, one round trip each.
--
-- All take the tenant and the repository's name; p_repository_id is the repository's numeric id where the
-- caller's token proves one. Writes take the token (p_jti, p_token_expires_at, null for API keys) and the
-- digest of what is asked, so that a token serves one write.

create type stored_phase_data as (
    outcome text, revision bigint, data_bytes bigint, data_sha256 bytea,
    created_at timestamptz, updated_at timestamptz
);

-- Creates or replaces one phase. The outcome is created, replaced, unchanged or mismatch; for a mismatch
-- the revision is the stored one, or null when nothing is stored.
create function store_phase_data(
    p_account uuid, p_repository text, p_repository_id bigint, p_issue integer, p_phase phase,
    p_data jsonb, p_commit text,
    p_must_exist boolean, p_must_not_exist boolean, p_revisions bigint[],
    p_jti text, p_request_sha256 bytea, p_token_expires_at timestamptz, p_actor jsonb, p_request_id text
)
returns stored_phase_data
language plpgsql as $$
declare
    -- JSONB's own spelling: the digest and the size are those of what readers get.
    v_text   constant text := p_data::text;
    v_sha    constant bytea := sha256(convert_to(v_text, 'UTF8'));
    v_size   constant bigint := octet_length(v_text);
    v_key    text;
    v_before jsonb;
    v_now    timestamptz;
    v_old    record;
    v_live   boolean;
    v_stored stored_phase_data;
begin
    perform set_config('phase_data.account', p_account::text, true);
    v_before := spend_token(p_account, p_jti, p_request_sha256, p_token_expires_at);
    if v_before is not null then
        return jsonb_populate_record(v_stored, v_before);
    end if;
    v_key := repository_key(p_account, p_repository, p_repository_id);
    loop
        select d.id, d.revision, d.data_bytes, d.data_sha256, d.commit_sha, d.created_at, d.updated_at,
               d.deleted_at
          into v_old from phase_data d
         where d.forge_account_id = p_account and d.repository = v_key
           and d.issue_number = p_issue and d.phase = p_phase
           for update;
        -- Read after the lock: waiting for it may have taken a while, and times follow revisions.
        v_now := clock_timestamp();
        v_live := v_old.id is not null and v_old.deleted_at is null;
        if (v_live and p_must_not_exist) or (not v_live and p_must_exist)
           or (p_revisions is not null and (not v_live or v_old.revision <> all (p_revisions))) then
            -- Nothing was written, so the token is not spent.
            delete from spent_token t where t.forge_account_id = p_account and t.jti = p_jti;
            v_stored.outcome := 'mismatch';
            v_stored.revision := case when v_live then v_old.revision end;
            return v_stored;
        end if;
        if v_live and v_old.data_sha256 = v_sha and v_old.commit_sha is not distinct from p_commit then
            v_stored := ('unchanged', v_old.revision, v_old.data_bytes, v_old.data_sha256,
                         v_old.created_at, v_old.updated_at);
            perform record_answer(p_account, p_jti, to_jsonb(v_stored));
            return v_stored;
        end if;
        v_stored := (case when v_live then 'replaced' else 'created' end,
                     -- Revisions go on counting through a deletion: an entity tag never names two contents.
                     coalesce(v_old.revision, 0) + 1, v_size, v_sha,
                     case when v_live then v_old.created_at else v_now end, v_now);
        if v_old.id is not null then
            update phase_data d
               set data = p_data, data_bytes = v_size, data_sha256 = v_sha, commit_sha = p_commit,
                   revision = v_stored.revision, created_at = v_stored.created_at, updated_at = v_now,
                   deleted_at = null
             where d.id = v_old.id;
            exit;
        end if;
        insert into phase_data (forge_account_id, repository, issue_number, phase, data, data_bytes,
                                data_sha256, commit_sha, revision, created_at, updated_at)
        values (p_account, v_key, p_issue, p_phase, p_data, v_size, v_sha, p_commit, 1, v_now, v_now)
        on conflict on constraint phase_data_identity do nothing;
        -- Nothing inserted: another writer was first. Go round and meet its row.
        exit when found;
    end loop;
    insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, data_bytes,
                             data_sha256, actor, request_id)
    values (p_account, v_key, p_issue, p_phase, 'stored', v_stored.revision, v_size, v_sha, p_actor,
            p_request_id);
    perform record_answer(p_account, p_jti, to_jsonb(v_stored));
    return v_stored;
end
$$;

-- The stored phases of an issue, or the one that is asked for.
create function retrieve_phase_data(
    p_account uuid, p_repository text, p_repository_id bigint, p_issue integer, p_phase phase
)
returns table (
    phase phase, revision bigint, commit_sha text, data_bytes bigint, data_sha256 bytea,
    created_at timestamptz, updated_at timestamptz, data jsonb
)
language plpgsql as $$
declare
    v_key text;
begin
    perform set_config('phase_data.account', p_account::text, true);
    v_key := repository_key(p_account, p_repository, p_repository_id);
    return query
        select d.phase, d.revision, d.commit_sha, d.data_bytes, d.data_sha256, d.created_at, d.updated_at,
               d.data
          from phase_data d
         where d.forge_account_id = p_account and d.repository = v_key and d.issue_number = p_issue
           and (p_phase is null or d.phase = p_phase) and d.deleted_at is null
         order by d.phase;
end
$$;

-- Hides an issue's phases, or removes them for good; answers with the phases that this touched.
create function delete_phase_data(
    p_account uuid, p_repository text, p_repository_id bigint, p_issue integer, p_purge boolean,
    p_jti text, p_request_sha256 bytea, p_token_expires_at timestamptz, p_actor jsonb, p_request_id text
)
returns text[]
language plpgsql as $$
declare
    v_key    text;
    v_before jsonb;
    v_row    record;
    v_phases text[] := '{}';
begin
    perform set_config('phase_data.account', p_account::text, true);
    v_before := spend_token(p_account, p_jti, p_request_sha256, p_token_expires_at);
    if v_before is not null then
        return array(select jsonb_array_elements_text(v_before));
    end if;
    v_key := repository_key(p_account, p_repository, p_repository_id);
    -- In the order of the phases, so that two clean-ups can't hold what the other waits for.
    for v_row in
        select d.id, d.phase, d.revision from phase_data d
         where d.forge_account_id = p_account and d.repository = v_key and d.issue_number = p_issue
           and (p_purge or d.deleted_at is null)
         order by d.phase
           for update
    loop
        if p_purge then
            delete from phase_data where id = v_row.id;
        else
            update phase_data set deleted_at = clock_timestamp() where id = v_row.id;
        end if;
        insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, actor,
                                 request_id)
        values (p_account, v_key, p_issue, v_row.phase,
                case when p_purge then 'purged' else 'deleted' end::phase_event_kind, v_row.revision,
                p_actor, p_request_id);
        v_phases := v_phases || v_row.phase::text;
    end loop;
    perform record_answer(p_account, p_jti, to_jsonb(v_phases));
    return v_phases;
end
$$;

-- An issue's receipts, the newest first, from before the given one on.
create function phase_events(
    p_account uuid, p_repository text, p_repository_id bigint, p_issue integer, p_before bigint, p_limit integer
)
returns setof phase_event
language plpgsql as $$
declare
    v_key text;
begin
    perform set_config('phase_data.account', p_account::text, true);
    v_key := repository_key(p_account, p_repository, p_repository_id);
    return query
        select e.* from phase_event e
         where e.forge_account_id = p_account and e.repository = v_key and e.issue_number = p_issue
           and (p_before is null or e.id < p_before)
         order by e.id desc limit p_limit;
end
$$;

-- The purge looks at every tenant, but sees nothing except what was deleted, and may only remove it and say so.
create policy purge on phase_data to phase_data_app
    using (current_setting('phase_data.task', true) = 'purge' and deleted_at is not null);
create policy purge on phase_event for insert to phase_data_app
    with check (current_setting('phase_data.task', true) = 'purge' and kind = 'purged');

-- Removes for good what was deleted before the grace period began, a batch at a time so that no lock is held
-- for long; answers how many. Rows that somebody is bringing back right now are left alone.
create function purge_deleted(p_grace interval, p_limit integer)
returns bigint
language plpgsql as $$
declare
    v_count bigint;
begin
    perform set_config('phase_data.task', 'purge', true);
    with gone as (
        delete from phase_data where id in (
            select d.id from phase_data d where d.deleted_at <= now() - p_grace
             order by d.deleted_at limit p_limit for update skip locked)
        returning forge_account_id, repository, issue_number, phase, revision
    ), told as (
        insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, actor,
                                 request_id)
        select g.forge_account_id, g.repository, g.issue_number, g.phase, 'purged', g.revision,
               '{"kind": "system"}', 'purge'
          from gone g
        returning 1
    )
    select count(*) into v_count from told;
    return v_count;
end
$$;
