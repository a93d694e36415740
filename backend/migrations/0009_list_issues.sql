-- The issues of a repository that have live data, a page of them, each with its phases as JSON and without any
-- document. Filters that are null do not filter. By number, a page reads its own rows and few more: they lie
-- in the order of the index. By time, the newest first, all of the repository's rows are looked at.
create function list_issues(
    p_account uuid, p_repository text, p_repository_id bigint, p_pending phase, p_phase phase, p_stale_for text,
    p_by_time boolean, p_after_issue integer, p_after_time timestamptz, p_limit integer
)
returns table (issue_number integer, updated_at timestamptz, phases jsonb)
language plpgsql as $$
declare
    v_key    text;
    -- What comes before the phase that is pending.
    v_before phase := case p_pending when 'validate' then 'scan' when 'mitigate' then 'validate' end;
begin
    perform set_config('phase_data.account', p_account::text, true);
    v_key := repository_key(p_account, p_repository, p_repository_id);
    if p_by_time then
        return query
            select i.* from (
                select d.issue_number, max(d.updated_at) as updated_at,
                       jsonb_agg(phase_facts(d) order by d.phase) as phases
                  from phase_data d
                 where d.forge_account_id = p_account and d.repository = v_key and is_live(d)
                 group by d.issue_number
                having (p_pending is null or (bool_or(d.phase = v_before) and not bool_or(d.phase = p_pending)))
                   and (p_phase is null or bool_or(d.phase = p_phase))
                   and (p_stale_for is null or bool_or(d.commit_sha is distinct from p_stale_for))
            ) i
             where p_after_time is null or (i.updated_at, i.issue_number) < (p_after_time, p_after_issue)
             order by i.updated_at desc, i.issue_number desc limit p_limit;
    else
        return query
            select d.issue_number, max(d.updated_at), jsonb_agg(phase_facts(d) order by d.phase)
              from phase_data d
             where d.forge_account_id = p_account and d.repository = v_key and is_live(d)
               and d.issue_number > coalesce(p_after_issue, 0)
             group by d.issue_number
            having (p_pending is null or (bool_or(d.phase = v_before) and not bool_or(d.phase = p_pending)))
               and (p_phase is null or bool_or(d.phase = p_phase))
               and (p_stale_for is null or bool_or(d.commit_sha is distinct from p_stale_for))
             order by d.issue_number limit p_limit;
    end if;
end
$$;

-- What a list says of a phase, as the contract spells it.
create function phase_facts(d phase_data)
returns jsonb
language sql stable as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'phase', d.phase, 'revision', d.revision, 'commit_sha', d.commit_sha, 'data_bytes', d.data_bytes,
        'created_at', to_char(d.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'updated_at', to_char(d.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'expires_at', to_char(d.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))
$$;
