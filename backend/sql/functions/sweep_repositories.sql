-- The repositories of an account that have data, seen or hidden, by the names that they have now, those first that
-- were not asked about for the longest time. Each with whether it has data that can be seen (or could be, with what
-- p_back names), and since when it has some that went with the repository.
create function sweep_repositories(p_account uuid, p_back text[])
returns table (data_key text, name text, external_id bigint, has_live boolean, went_at timestamptz)
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        select d.repository, coalesce(r.name, split_part(d.repository, '#', 1)), r.external_id, d.has_live, d.went_at
          from (select l.repository, bool_or(is_live_with(l, p_back)) as has_live,
                       min(l.deleted_at) filter (where l.closed_by = 'repository' and can_return(l)) as went_at
                  from phase_data l
                 where l.forge_account_id = p_account and (is_live(l) or can_return(l))
                 group by l.repository) d
          left join repository r on r.forge_account_id = p_account and r.data_key = d.repository
          left join sweep s on s.forge_account_id = p_account and s.repository = d.repository
         order by s.tried_at nulls first, d.repository;
end
$$;
