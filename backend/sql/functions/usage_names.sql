-- The counts of repositories with their names instead of their ids: what each is called now; of one that has lost its name what
-- it was called, marked as such. The tenant is set.
create function usage_names(p_account uuid, p_counts jsonb)
returns jsonb
language plpgsql stable as $$
begin
    return (
        select coalesce(jsonb_agg(c.count || jsonb_build_object('repository', coalesce(r.name, (
                   select d.repository || ' (former name)' from phase_data d
                    where d.forge_account_id = p_account and d.repository_id = r.id
                    order by d.issue_number, d.phase limit 1), 'unknown')) order by c.place), '[]')
          from jsonb_array_elements(p_counts) with ordinality as c (count, place)
          left join repository r on r.forge_account_id = p_account and r.id = (c.count ->> 'repository')::uuid);
end
$$;
