-- Goes on counting an account's documents by the next p_rows rows. Of what it answers, `after` is the place from which it
-- goes on, and absent at the end; `largest` are the repositories with the most bytes, with the one that it is in. The tenant
-- is set.
-- The settings leave the planner the indexes alone: by statistics from before a flood it would sort all of the account.
create function count_documents(p_account uuid, p_before jsonb, p_repositories integer, p_rows integer)
returns jsonb
language plpgsql stable
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
declare
    v_repository uuid := coalesce((p_before #>> '{after,repository}')::uuid,
                                   '00000000-0000-0000-0000-000000000000');
    v_issue      integer := coalesce((p_before #>> '{after,issue}')::integer, 0);
begin
    return (
        with walked as materialized (
            select d.repository_id as repository, d.issue_number, d.data_bytes, is_live(d.deleted_at, d.expires_at) as is_live
              from phase_data d
             where d.forge_account_id = p_account and (d.repository_id, d.issue_number) > (v_repository, v_issue)
             order by d.repository_id, d.issue_number limit p_rows
        ), reached as materialized (
            -- The issue of the last row may have more of them.
            select w.repository, w.issue_number from walked w
             where (select count(*) from walked) = p_rows
             order by w.repository desc, w.issue_number desc limit 1
        ), counted as (
            select w.repository, count(*) as documents, sum(w.data_bytes) as bytes,
                   count(distinct w.issue_number) as issues
              from walked w
             where w.is_live and not exists (select from reached r where r.repository = w.repository
                                                                     and r.issue_number = w.issue_number)
             group by w.repository
        ), known as (
            select l.* from jsonb_to_recordset(coalesce(p_before -> 'largest', '[]'))
                       as l (repository uuid, documents bigint, bytes bigint, issues bigint)
        ), both_parts as (
            select u.repository, sum(u.documents) as documents, sum(u.bytes) as bytes, sum(u.issues) as issues
              from (select * from counted union all select * from known) u
             group by u.repository
        ), largest as (
            select b.*, row_number() over (order by b.bytes desc, b.repository) as place from both_parts b
        )
        select jsonb_build_object(
                   'documents', coalesce((p_before -> 'documents')::bigint, 0) + coalesce(sum(c.documents), 0),
                   'bytes', coalesce((p_before -> 'bytes')::bigint, 0) + coalesce(sum(c.bytes), 0),
                   'issues', coalesce((p_before -> 'issues')::bigint, 0) + coalesce(sum(c.issues), 0),
                   'repository_count', coalesce((p_before -> 'repository_count')::bigint, 0)
                       + count(*) filter (where c.repository is not null
                                            and c.repository not in (select k.repository from known k)),
                   'largest', (select coalesce(jsonb_agg(to_jsonb(l) - 'place' order by l.place), '[]') from largest l
                                where l.place <= p_repositories
                                   or l.repository in (select r.repository from reached r)))
               || coalesce((select jsonb_build_object('after', jsonb_build_object(
                                       'repository', r.repository, 'issue', r.issue_number - 1)) from reached r), '{}')
          from counted c);
end
$$;
