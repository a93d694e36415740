-- Changes an issue if the condition holds for all of its phases that can be seen: a revision is one phase's, so it can only hold
-- for an issue that has no other. The tenant is set.
create function change_issue_if(
    p_account uuid, p_repository_id uuid, p_issue integer, p_change lifecycle_change, p_condition store_condition,
    p_by write_by
)
returns clean_up_result
language plpgsql as $$
declare
    v_locked  text[];
    v_stored  jsonb;
    v_etag    text;
    v_affected text[];
    v_result  clean_up_result;
begin
    loop
        begin
            with locked as (
                select d.phase, d.revision, entity_tag(d.id, d.revision, d.data_sha256) as etag,
                       is_live(d.deleted_at, d.expires_at) as is_live
                  from phase_data d
                 where d.forge_account_id = p_account and d.repository_id = p_repository_id
                   and d.issue_number = p_issue
                 order by d.phase
                   for update
            )
            select array_agg(l.phase::text),
                   coalesce(jsonb_agg(jsonb_build_object('phase', l.phase, 'revision', l.revision, 'etag', l.etag)
                                      order by l.phase) filter (where l.is_live), '[]'),
                   string_agg(l.phase || '.' || l.etag, '+' order by l.phase) filter (where l.is_live)
              into v_locked, v_stored, v_etag from locked l;
            if (p_condition.must_exist and v_etag is null)
               or (p_condition.etags is not null and (v_etag = any (p_condition.etags)) is not true)
               or (p_condition.if_revision is not null
                   and v_stored is distinct from jsonb_build_array(
                       v_stored -> 0 || jsonb_build_object('revision', p_condition.if_revision))) then
                v_result := (array[]::text[], v_stored, null::jsonb);
                exit;
            end if;
            v_affected := (change_lifecycle(p_account => p_account, p_repository_id => p_repository_id,
                                           p_issue => p_issue, p_change => p_change, p_by => p_by,
                                           p_cursor => null)).affected;
            if v_affected <@ coalesce(v_locked, array[]::text[]) then
                v_result := (v_affected, null::jsonb, null::jsonb);
                exit;
            end if;
            -- A phase that was first stored after the check was not locked by it: the check is made again with it.
            raise exception 'a phase was stored meanwhile' using errcode = 'PD000';
        exception when sqlstate 'PD000' then
            continue;
        end;
    end loop;
    return v_result;
end
$$;
