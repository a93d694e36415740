-- Creates or replaces one phase. The outcome is created, replaced, unchanged or mismatch; for a mismatch
-- the revision is the stored one, or null when nothing is stored.
-- With p_merge_max_bytes, p_data is a merge patch for what is there, whose commit and expiry stay if none is
-- given; a result of more bytes as compact JSON is an error with the state PD413. Else the document expires after
-- p_lives_for, or as the account has it.
-- The same document again is unchanged only if it expires as before or does not as before: a revision stands either
-- for a document with an expiry or for one without.
create function store_phase_data(
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
            -- Compact JSON is never longer, so that most documents need not be counted.
            if v_size > p_merge_max_bytes and compact_bytes(v_text) > p_merge_max_bytes then
                raise exception 'the merged document has % bytes', compact_bytes(v_text) using errcode = 'PD413';
            end if;
            if v_live then
                v_commit := coalesce(p_commit, v_old.commit_sha);
                v_expires := case when p_lives_for is null then v_old.expires_at else v_expires end;
            end if;
        end if;
        if v_live and v_old.data_sha256 = v_sha and v_old.commit_sha is not distinct from v_commit
           and (v_old.expires_at is null) = (v_expires is null) then
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
