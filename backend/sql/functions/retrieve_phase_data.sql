-- The live phases of an issue, or the one that is asked for.
create function retrieve_phase_data(
    p_account uuid, p_repository text, p_repository_id bigint, p_issue integer, p_phase phase
)
returns table (
    phase phase, revision bigint, commit_sha text, data_bytes bigint, data_sha256 bytea,
    created_at timestamptz, updated_at timestamptz, expires_at timestamptz, data jsonb
)
language plpgsql as $$
declare
    v_key text;
begin
    perform set_config('phase_data.account', p_account::text, true);
    v_key := repository_key(p_account, p_repository, p_repository_id);
    return query
        select d.phase, d.revision, d.commit_sha, d.data_bytes, d.data_sha256, d.created_at, d.updated_at,
               d.expires_at, d.data
          from phase_data d
         where d.forge_account_id = p_account and d.repository = v_key and d.issue_number = p_issue
           and (p_phase is null or d.phase = p_phase) and is_live(d)
         order by d.phase;
end
$$;
