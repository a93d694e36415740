-- Creates or replaces one phase. The effect is created, replaced, unchanged or mismatch; for a mismatch
-- revision and entity tag are the stored ones, or null when nothing is stored.
-- With patch_of, p_data is what a patch made of that row and revision, or of nothing if it is empty, and begin_patch took
-- the token: if something else is live now, the effect is retry. The commit, the expiry and the state of what was patched stay
-- if none is given. Else the document expires after its life time, or as the account has it.
-- The same document again is unchanged only if it expires as before or does not as before: a revision stands either
-- for a document with an expiry or for one without. Nor is it unchanged if its commit or its state changes: the revision and
-- the entity tag then change with them.
-- While a claim lives, only a store with it is done; else the effect is claimed, or lost for a claim that has ended. A store
-- with a claim ends its attempt, but for a patch and with keep_claim. The table attempt describes the locks.
create function store_phase_data(
    p_repository repository_ref, p_issue integer, p_phase phase, p_data jsonb, p_options store_options,
    p_condition store_condition, p_by write_by, p_not_after timestamptz
)
returns stored_phase_data
language plpgsql as $$
declare
    v_account       constant uuid := p_repository.account;
    v_repository_id uuid;
    v_lives_for     constant interval := make_interval(secs => p_options.lives_for_seconds);
    v_commit        text := p_options.commit_sha;
    v_status        text := coalesce(p_options.status, 'completed');
    v_outcome       text := nullif(p_options.outcome, '');
    v_reason        text := nullif(p_options.reason, '');
    v_escaped       constant boolean := coalesce(p_options.escaped, false);
    -- JSONB's own spelling: the digest and the size are those of what readers get.
    v_text          text := case when v_escaped then original_text(p_data::text) else p_data::text end;
    v_sha           bytea := sha256(convert_to(v_text, 'UTF8'));
    v_size          bigint := octet_length(v_text)::bigint;
    v_lives         interval;
    v_expires       timestamptz;
    v_before        jsonb;
    v_now           timestamptz;
    v_id            uuid;
    v_old           record;
    v_live          boolean;
    v_etag          text;
    v_stored        stored_phase_data;
    v_last          bigint;
    v_attempt       record;
    v_refusal       text;
    v_claim         jsonb;
    v_is_holder     boolean;
    v_is_first      boolean := false;
    v_lock          bigint;
    v_keep          constant boolean := p_options.patch_of is not null or coalesce(p_options.keep_claim, false);
begin
    perform in_time(p_not_after);
    perform set_config('phase_data.account', v_account::text, true);
    if p_options.patch_of is null then
        v_before := spend_token(p_account => v_account, p_by => p_by);
        if v_before is not null then
            return jsonb_populate_record(v_stored, v_before);
        end if;
    end if;
    v_repository_id := claim_repository(p_repository);
    v_lives := coalesce(v_lives_for, (select a.time_to_live from forge_account a where a.id = v_account));
    loop
        select d.id, d.revision, d.data_bytes, d.data_sha256, d.commit_sha, d.status, d.outcome, d.reason, d.created_at,
               d.updated_at, d.listed_at, d.deleted_at, d.expires_at
          into v_old from phase_data d
         where d.forge_account_id = v_account and d.repository_id = v_repository_id
           and d.issue_number = p_issue and d.phase = p_phase
           for update;
        if v_old.id is null and not v_is_first then
            v_is_first := true;
            v_lock := claim_lock_key(
                p_account => v_account, p_repository_id => v_repository_id, p_issue => p_issue, p_phase => p_phase);
            if p_options.claim_id is null then
                perform pg_advisory_xact_lock_shared(v_lock);
            else
                -- A repetition waits here for the original, and then meets its document.
                perform pg_advisory_xact_lock(v_lock);
                continue;
            end if;
        end if;
        select a.number, a.claim_id into v_attempt from attempt a
         where a.forge_account_id = v_account and a.repository_id = v_repository_id
           and a.issue_number = p_issue and a.phase = p_phase and a.ended_at is null
           for update;
        -- Read after the locks: waiting for them may have taken a while, and times follow revisions.
        v_now := clock_timestamp();
        v_live := v_old.id is not null and is_live(v_old.deleted_at, v_old.expires_at);
        if p_options.patch_of <> (case when v_live then v_old.id || ' ' || v_old.revision else '' end) then
            v_stored.effect := 'retry';
            return v_stored;
        end if;
        if v_attempt.number is not null or p_options.claim_id is not null then
            select c.effect, c.claim into v_refusal, v_claim
              from check_claim(p_account => v_account, p_repository_id => v_repository_id, p_issue => p_issue,
                               p_phase => p_phase, p_claim_id => p_options.claim_id) c;
            v_is_holder := coalesce(v_attempt.claim_id = p_options.claim_id, false);
        end if;
        if v_refusal in ('claimed', 'lost') then
            -- Nothing was written, so the token is not spent.
            delete from spent_token t where t.forge_account_id = v_account and t.jti = p_by.jti;
            v_stored.effect := v_refusal;
            v_stored.claim := v_claim;
            return v_stored;
        end if;
        v_etag := case when v_live then entity_tag(v_old.id, v_old.revision, v_old.data_sha256) end;
        if (v_live and p_condition.must_not_exist) or (not v_live and p_condition.must_exist)
           or (p_condition.etags is not null and (not v_live or v_etag <> all (p_condition.etags)))
           or (p_condition.if_revision is not null and (not v_live or v_old.revision <> p_condition.if_revision)) then
            -- Nothing was written, so the token is not spent.
            delete from spent_token t where t.forge_account_id = v_account and t.jti = p_by.jti;
            v_stored.effect := 'mismatch';
            v_stored.revision := case when v_live then v_old.revision end;
            v_stored.etag := v_etag;
            return v_stored;
        end if;
        v_expires := v_now + v_lives;
        if p_options.patch_of <> '' then
            v_commit := coalesce(p_options.commit_sha, v_old.commit_sha);
            v_status := coalesce(p_options.status, v_old.status);
            v_outcome := nullif(coalesce(p_options.outcome, v_old.outcome), '');
            v_reason := nullif(coalesce(p_options.reason, v_old.reason), '');
            v_expires := case when v_lives_for is null then v_old.expires_at else v_expires end;
        end if;
        if v_live and v_old.data_sha256 = v_sha and v_old.commit_sha is not distinct from v_commit
           and v_old.status = v_status and v_old.outcome is not distinct from v_outcome
           and v_old.reason is not distinct from v_reason
           and (v_old.expires_at is null) = (v_expires is null) then
            if v_attempt.number is not null and v_refusal is null then
                perform finish_attempt(
                    p_account => v_account, p_repository_id => v_repository_id, p_issue => p_issue, p_phase => p_phase,
                    p_number => v_attempt.number, p_is_holder => v_is_holder, p_keep => v_keep, p_status => v_status,
                    p_reason => v_reason);
            end if;
            if v_refusal = 'repeat' then
                v_expires := v_old.expires_at;
            else
                update phase_data d set last_stored_at = v_now, expires_at = v_expires where d.id = v_old.id;
            end if;
            v_stored := ('unchanged', v_old.revision, v_old.data_bytes, v_old.data_sha256,
                         v_old.created_at, v_old.updated_at, v_expires, v_commit, v_etag,
                         v_status, v_outcome, v_reason, null::jsonb);
            perform record_answer(v_account, p_by.jti, to_jsonb(v_stored));
            return v_stored;
        end if;
        if v_refusal = 'repeat' then
            delete from spent_token t where t.forge_account_id = v_account and t.jti = p_by.jti;
            v_stored.effect := 'lost';
            v_stored.claim := v_claim;
            return v_stored;
        end if;
        v_last := case when v_old.id is not null then v_old.revision
                       else last_revision(v_account, v_repository_id, p_issue, p_phase) end;
        v_stored := (case when v_live then 'replaced' else 'created' end, coalesce(v_last, 0) + 1, v_size, v_sha,
                     case when v_live then v_old.created_at else v_now end, v_now, v_expires, v_commit, null,
                     v_status, v_outcome, v_reason, null::jsonb);
        if v_old.id is not null then
            v_id := v_old.id;
            update phase_data d
               set repository = p_repository.name, data = p_data, escaped = v_escaped, data_bytes = v_size, data_sha256 = v_sha,
                   commit_sha = v_commit, status = v_status, outcome = v_outcome, reason = v_reason,
                   revision = v_stored.revision, created_at = v_stored.created_at, updated_at = v_now,
                   listed_at = case when v_live and v_now < v_old.listed_at + interval '1 minute' then v_old.listed_at
                                    else v_now end,
                   last_stored_at = v_now, expires_at = v_expires,
                   deleted_at = null, purge_at = null, closed_by = null
             where d.id = v_old.id;
            exit;
        end if;
        insert into phase_data (forge_account_id, repository_id, repository, issue_number, phase, data, escaped,
                                data_bytes, data_sha256, commit_sha, status, outcome, reason, revision, created_at,
                                updated_at, listed_at, last_stored_at, expires_at)
        values (v_account, v_repository_id, p_repository.name, p_issue, p_phase, p_data, v_escaped,
                v_size, v_sha, v_commit, v_status, v_outcome, v_reason, v_stored.revision, v_now,
                v_now, v_now, v_now, v_expires)
        on conflict on constraint phase_data_identity do nothing
        returning phase_data.id into v_id;
        -- Nothing inserted: another writer was first. Go round and meet its row.
        exit when found;
    end loop;
    v_stored.etag := entity_tag(v_id, v_stored.revision, v_sha);
    if v_attempt.number is not null then
        perform finish_attempt(
            p_account => v_account, p_repository_id => v_repository_id, p_issue => p_issue, p_phase => p_phase,
            p_number => v_attempt.number, p_is_holder => v_is_holder, p_keep => v_keep, p_status => v_status,
            p_reason => v_reason);
    end if;
    -- A document whose time was over, and which the purge had not met yet: its end is told here.
    if v_old.deleted_at is null and v_old.expires_at <= v_now then
        insert into phase_event (forge_account_id, repository_id, issue_number, phase, kind, revision, actor,
                                 request_id)
        values (v_account, v_repository_id, p_issue, p_phase, 'expired', v_old.revision, '{"kind": "system"}',
                p_by.request_id);
    end if;
    insert into phase_event (forge_account_id, repository_id, issue_number, phase, kind, revision, etag, data_bytes,
                             data_sha256, status, outcome, reason, attempt, actor, request_id)
    values (v_account, v_repository_id, p_issue, p_phase, 'stored', v_stored.revision, v_stored.etag, v_size, v_sha,
            v_status, v_outcome, v_reason, case when v_is_holder then v_attempt.number end, p_by.actor, p_by.request_id);
    perform record_answer(v_account, p_by.jti, to_jsonb(v_stored));
    return v_stored;
end
$$;
