-- The live phases of an issue, or the one that is asked for. Where a repository's data is kept under two rows (see
-- repositories_to_read), of two documents of one phase the newer one.
create function retrieve_phase_data(p_repository repository_ref, p_issue integer, p_phase phase)
returns table (
    phase phase, revision bigint, commit_sha text, status text, outcome text, reason text, data_bytes bigint, data_sha256 bytea,
    created_at timestamptz, updated_at timestamptz, expires_at timestamptz, etag text, data jsonb, escaped boolean
)
language plpgsql as $$
declare
    v_ids uuid[];
    v_id  uuid;
begin
    perform set_config('phase_data.account', (p_repository.account)::text, true);
    -- A key's name is one row. The look-up stands here because the call of repositories_to_read costs a tenth of a read.
    if p_repository.external_id is null then
        select r.id into v_id from repository r
         where r.forge_account_id = p_repository.account and r.name = p_repository.name;
    else
        v_ids := repositories_to_read(p_repository);
        v_id := v_ids[1];
    end if;
    -- Nearly every read has one row. With an array, each call would plan the query again.
    if v_ids is null or cardinality(v_ids) < 2 then
        loop
            return query
                select d.phase, d.revision, d.commit_sha, d.status, d.outcome, d.reason, d.data_bytes, d.data_sha256,
                       d.created_at, d.updated_at, d.expires_at, entity_tag(d.id, d.revision, d.data_sha256), d.data, d.escaped
                  from phase_data d
                 where d.forge_account_id = p_repository.account and d.repository_id = v_id
                   and d.issue_number = p_issue and (p_phase is null or d.phase = p_phase)
                   and is_live(d.deleted_at, d.expires_at)
                 order by d.phase;
            -- A merge may have come since the row was found, and have taken all of it along.
            exit when found;
            select r.merged_into into v_id from repository r
             where r.forge_account_id = p_repository.account and r.id = v_id;
            exit when v_id is null;
        end loop;
        return;
    end if;
    return query
        select distinct on (d.phase)
               d.phase, d.revision, d.commit_sha, d.status, d.outcome, d.reason, d.data_bytes, d.data_sha256,
               d.created_at, d.updated_at, d.expires_at, entity_tag(d.id, d.revision, d.data_sha256), d.data, d.escaped
          from phase_data d
         where d.forge_account_id = p_repository.account and d.repository_id = any (array(
                   select coalesce(r.merged_into, r.id) from repository r
                    where r.forge_account_id = p_repository.account and r.id = any (v_ids)))
           and d.issue_number = p_issue and (p_phase is null or d.phase = p_phase)
           and is_live(d.deleted_at, d.expires_at)
         order by d.phase, d.last_stored_at desc;
end
$$;
