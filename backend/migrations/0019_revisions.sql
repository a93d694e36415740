-- Revisions that go on counting where data was purged, so that an entity tag never names two contents.

-- The last revision that a phase had, of which the receipts are left when the data is gone. The tenant is set. In
-- plpgsql, because that keeps the plan: as a function in SQL it would be planned anew for every store.
create function last_revision(p_account uuid, p_key text, p_issue integer, p_phase phase)
returns bigint
language plpgsql stable as $$
begin
    return (select max(e.revision) from phase_event e
             where e.forge_account_id = p_account and e.repository = p_key and e.issue_number = p_issue
               and e.phase = p_phase);
end
$$;

-- Creates or replaces one phase. The outcome is created, replaced, unchanged or mismatch; for a mismatch
-- the revision is the stored one, or null when nothing is stored.
-- With p_merge_max_bytes, p_data is a merge patch for what is there, whose commit and expiry stay if none is
-- given; a result of more bytes is an error with the state PD413. Else the document expires after p_lives_for,
-- or as the account has it.
create or replace function store_phase_data(
    p_account uuid, p_repository text, p_repository_id bigint, p_issue integer, p_phase phase,
    p_data jsonb, p_commit text, p_lives_for interval, p_merge_max_bytes bigint,
    p_must_exist boolean, p_must_not_exist boolean, p_revisions bigint[],
    p_jti text, p_request_sha256 bytea, p_token_expires_at timestamptz, p_actor jsonb, p_request_id text
)
returns stored_phase_data
language plpgsql as $$
declare
    v_data    jsonb := p_data;
    v_commit  text := p_commit;
    -- JSONB's own spelling: the digest and the size are those of what readers get.
    v_text    text := p_data::text;
    v_sha     bytea := sha256(convert_to(v_text, 'UTF8'));
    v_size    bigint := octet_length(v_text);
    v_lives   interval;
    v_expires timestamptz;
    v_key     text;
    v_before  jsonb;
    v_now     timestamptz;
    v_old     record;
    v_live    boolean;
    v_stored  stored_phase_data;
    v_last    bigint;
begin
    perform set_config('phase_data.account', p_account::text, true);
    v_before := spend_token(p_account, p_jti, p_request_sha256, p_token_expires_at);
    if v_before is not null then
        return jsonb_populate_record(v_stored, v_before);
    end if;
    v_key := repository_key(p_account, p_repository, p_repository_id);
    v_lives := coalesce(p_lives_for, (select a.time_to_live from forge_account a where a.id = p_account));
    loop
        select d.id, d.revision, d.data_bytes, d.data_sha256, d.commit_sha, d.created_at, d.updated_at,
               d.deleted_at, d.expires_at, case when p_merge_max_bytes is not null then d.data end as data
          into v_old from phase_data d
         where d.forge_account_id = p_account and d.repository = v_key
           and d.issue_number = p_issue and d.phase = p_phase
           for update;
        -- Read after the lock: waiting for it may have taken a while, and times follow revisions.
        v_now := clock_timestamp();
        v_live := v_old.id is not null and v_old.deleted_at is null
                  and (v_old.expires_at is null or v_old.expires_at > v_now);
        if (v_live and p_must_not_exist) or (not v_live and p_must_exist)
           or (p_revisions is not null and (not v_live or v_old.revision <> all (p_revisions))) then
            -- Nothing was written, so the token is not spent.
            delete from spent_token t where t.forge_account_id = p_account and t.jti = p_jti;
            v_stored.outcome := 'mismatch';
            v_stored.revision := case when v_live then v_old.revision end;
            return v_stored;
        end if;
        v_expires := v_now + v_lives;
        if p_merge_max_bytes is not null then
            v_data := merge_patch(case when v_live then v_old.data end, p_data);
            v_text := v_data::text;
            v_sha := sha256(convert_to(v_text, 'UTF8'));
            v_size := octet_length(v_text);
            if v_size > p_merge_max_bytes then
                raise exception 'the merged document has % bytes', v_size using errcode = 'PD413';
            end if;
            if v_live then
                v_commit := coalesce(p_commit, v_old.commit_sha);
                v_expires := case when p_lives_for is null then v_old.expires_at else v_expires end;
            end if;
        end if;
        if v_live and v_old.data_sha256 = v_sha and v_old.commit_sha is not distinct from v_commit then
            update phase_data d set last_stored_at = v_now, expires_at = v_expires where d.id = v_old.id;
            v_stored := ('unchanged', v_old.revision, v_old.data_bytes, v_old.data_sha256,
                         v_old.created_at, v_old.updated_at, v_expires, v_commit);
            perform record_answer(p_account, p_jti, to_jsonb(v_stored));
            return v_stored;
        end if;
        v_last := case when v_old.id is not null then v_old.revision
                       else last_revision(p_account, v_key, p_issue, p_phase) end;
        v_stored := (case when v_live then 'replaced' else 'created' end, coalesce(v_last, 0) + 1, v_size, v_sha,
                     case when v_live then v_old.created_at else v_now end, v_now, v_expires, v_commit);
        if v_old.id is not null then
            update phase_data d
               set data = v_data, data_bytes = v_size, data_sha256 = v_sha, commit_sha = v_commit,
                   revision = v_stored.revision, created_at = v_stored.created_at, updated_at = v_now,
                   last_stored_at = v_now, expires_at = v_expires,
                   deleted_at = null, purge_at = null, closed_by = null
             where d.id = v_old.id;
            exit;
        end if;
        insert into phase_data (forge_account_id, repository, issue_number, phase, data, data_bytes,
                                data_sha256, commit_sha, revision, created_at, updated_at, last_stored_at,
                                expires_at)
        values (p_account, v_key, p_issue, p_phase, v_data, v_size, v_sha, v_commit, v_stored.revision, v_now, v_now,
                v_now, v_expires)
        on conflict on constraint phase_data_identity do nothing;
        -- Nothing inserted: another writer was first. Go round and meet its row.
        exit when found;
    end loop;
    -- A document whose time was over, and which the purge had not met yet: its end is told here.
    if v_old.deleted_at is null and v_old.expires_at <= v_now then
        insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, actor,
                                 request_id)
        values (p_account, v_key, p_issue, p_phase, 'expired', v_old.revision, '{"kind": "system"}',
                p_request_id);
    end if;
    insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, data_bytes,
                             data_sha256, actor, request_id)
    values (p_account, v_key, p_issue, p_phase, 'stored', v_stored.revision, v_size, v_sha, p_actor,
            p_request_id);
    perform record_answer(p_account, p_jti, to_jsonb(v_stored));
    return v_stored;
end
$$;

-- Takes an issue's data along to where the issue went, what is hidden, too. What was stored there already stays:
-- it is newer. Revisions go on counting, so that an entity tag never names two contents. The tenant is set.
create or replace function move_issue(
    p_account uuid, p_key text, p_issue integer, p_to_key text, p_to_issue integer, p_actor jsonb,
    p_request_id text
)
returns void
language plpgsql as $$
declare
    v_row      record;
    v_there    record;
    v_revision bigint;
begin
    if p_key = p_to_key and p_issue = p_to_issue then
        return;
    end if;
    for v_row in
        select d.id, d.phase, d.revision, d.data_bytes, d.data_sha256 from phase_data d
         where d.forge_account_id = p_account and d.repository = p_key and d.issue_number = p_issue
         order by d.phase
           for update
    loop
        select d.id, d.revision, is_live(d) as live into v_there from phase_data d
         where d.forge_account_id = p_account and d.repository = p_to_key and d.issue_number = p_to_issue
           and d.phase = v_row.phase
           for update;
        continue when v_there.live;
        if v_there.id is not null then
            delete from phase_data d where d.id = v_there.id;
            insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, actor,
                                     request_id)
            values (p_account, p_to_key, p_to_issue, v_row.phase, 'purged', v_there.revision, p_actor,
                    p_request_id);
        end if;
        v_revision := greatest(v_row.revision, coalesce(
            v_there.revision, last_revision(p_account, p_to_key, p_to_issue, v_row.phase), 0) + 1);
        update phase_data d set repository = p_to_key, issue_number = p_to_issue, revision = v_revision
         where d.id = v_row.id;
        -- One receipt where it was, and one where it is.
        insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, data_bytes,
                                 data_sha256, actor, request_id)
        values (p_account, p_key, p_issue, v_row.phase, 'moved', v_row.revision, null, null, p_actor,
                p_request_id),
               (p_account, p_to_key, p_to_issue, v_row.phase, 'moved', v_revision, v_row.data_bytes,
                v_row.data_sha256, p_actor, p_request_id);
    end loop;
end
$$;
