-- A sweep also looks for what was opened again without a word: its data would be purged although it is needed.

-- Whether a row is hidden, and can still be brought back.
create function can_return(d phase_data)
returns boolean
language sql stable as $$
    select d.deleted_at is not null and d.purge_at > now() and (d.expires_at is null or d.expires_at > now())
$$;

drop function sweep_repositories(uuid);
drop function sweep_issues(uuid, text);

-- The repositories of an account that have data, seen or hidden, by the names that they have now, those first that
-- were not asked about for the longest time. Each with whether it has data that can be seen, and since when it has
-- some that went with the repository.
create function sweep_repositories(p_account uuid)
returns table (data_key text, name text, external_id bigint, has_live boolean, went_at timestamptz)
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        select d.repository, coalesce(r.name, split_part(d.repository, '#', 1)), r.external_id, d.has_live, d.went_at
          from (select l.repository, bool_or(is_live(l)) as has_live,
                       min(l.deleted_at) filter (where l.closed_by = 'repository' and can_return(l)) as went_at
                  from phase_data l
                 where l.forge_account_id = p_account and (is_live(l) or can_return(l))
                 group by l.repository) d
          left join repository r on r.forge_account_id = p_account and r.data_key = d.repository
          left join sweep s on s.forge_account_id = p_account and s.repository = d.repository
         order by s.swept_at nulls first, d.repository;
end
$$;

-- The issues of a repository that have data: the time of the oldest document that can be seen, and since when the
-- issue is known to be closed, if any was hidden for that.
create function sweep_issues(p_account uuid, p_data_key text)
returns table (issue_number integer, first_stored timestamptz, closed_at timestamptz)
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        select d.issue_number, min(d.updated_at) filter (where is_live(d)),
               case when bool_or(not is_live(d)) then coalesce(l.at, min(d.deleted_at)) end
          from phase_data d
          left join lifecycle l on l.forge_account_id = p_account and l.repository = p_data_key
                               and l.issue_number = d.issue_number and l.closed
         where d.forge_account_id = p_account and d.repository = p_data_key
           and (is_live(d) or (d.closed_by = 'issue' and can_return(d)))
         group by d.issue_number, l.at order by d.issue_number;
end
$$;

-- Whether an account has data that went with the account.
create function sweep_account_went(p_account uuid)
returns boolean
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return exists (select from phase_data d
                    where d.forge_account_id = p_account and d.closed_by = 'account' and can_return(d));
end
$$;
