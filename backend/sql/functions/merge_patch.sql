-- JSON Merge Patch (RFC 7396): what is an object in the patch goes member by member, null takes a member out,
-- anything else takes the old value's place. Set by set: one member after another would copy the whole target
-- for each. A patch is nested as little as a document may be, and so is what comes out.
create function merge_patch(p_target jsonb, p_patch jsonb)
returns jsonb
language plpgsql immutable as $$
declare
    v_target constant jsonb := case when jsonb_typeof(p_target) = 'object' then p_target else '{}' end;
begin
    if jsonb_typeof(p_patch) <> 'object' then
        return p_patch;
    end if;
    return coalesce((
        select jsonb_object_agg(m.key, m.value) from (
            select t.key, t.value from jsonb_each(v_target) t where not p_patch ? t.key
            union all
            select p.key,
                   case when jsonb_typeof(p.value) = 'object' then merge_patch(v_target -> p.key, p.value)
                        else p.value end
              from jsonb_each(p_patch) p where jsonb_typeof(p.value) <> 'null'
        ) m), '{}');
end
$$;
