-- When each repository with data was last asked for its closed issues, so that a sweep that was cut short goes on
-- where it ended.
create table sweep (
    forge_account_id uuid not null references forge_account (id),
    repository       text not null,
    swept_at         timestamptz not null,
    primary key (forge_account_id, repository)
);

alter table sweep enable row level security;
alter table sweep force row level security;
create policy tenant on sweep to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
grant select, insert, update, delete on sweep to phase_data_app;

-- The repositories of an account that have live data, by the names that they have now, those first that were not
-- asked about for the longest time.
create function sweep_repositories(p_account uuid)
returns table (data_key text, name text, external_id bigint)
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        select d.repository, coalesce(r.name, split_part(d.repository, '#', 1)), r.external_id
          from (select distinct l.repository from phase_data l
                 where l.forge_account_id = p_account and is_live(l)) d
          left join repository r on r.forge_account_id = p_account and r.data_key = d.repository
          left join sweep s on s.forge_account_id = p_account and s.repository = d.repository
         order by s.swept_at nulls first, d.repository;
end
$$;

-- The issues of a repository that have live data, each with the time of its oldest document.
create function sweep_issues(p_account uuid, p_data_key text)
returns table (issue_number integer, first_stored timestamptz)
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        select d.issue_number, min(d.updated_at) from phase_data d
         where d.forge_account_id = p_account and d.repository = p_data_key and is_live(d)
         group by d.issue_number order by d.issue_number;
end
$$;

-- All that could be learned about a repository was learned.
create function record_sweep(p_account uuid, p_data_key text)
returns void
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    insert into sweep (forge_account_id, repository, swept_at) values (p_account, p_data_key, now())
        on conflict (forge_account_id, repository) do update set swept_at = excluded.swept_at;
end
$$;
