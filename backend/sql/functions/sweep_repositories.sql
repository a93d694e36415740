-- The next repositories of an account that have rows, up to p_limit, in the order of their ids, by the names that they
-- have now. Each with whether it has data that can be seen (or could be, with what p_back names), whether it has any that
-- can be seen or brought back, since when it has some that went with the repository, and when it was last asked about.
-- Of each only the first p_rows rows of a kind are looked at; if all of these are over and only wait for the purge, what is
-- behind them counts as data.
-- The settings leave the planner the indexes alone: by statistics from before a flood it would read all of the account.
create function sweep_repositories(p_account uuid, p_back text[], p_after uuid, p_limit integer, p_rows integer)
returns table (
    id uuid, name text, external_id bigint, has_live boolean, has_data boolean, closed_at timestamptz,
    attempted_at timestamptz
)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    id := p_after;
    for v_place in 1..p_limit loop
        select d.repository_id into id from phase_data d
         where d.forge_account_id = p_account and d.repository_id > sweep_repositories.id
         order by d.repository_id limit 1;
        exit when not found;
        select coalesce(bool_or(o.is_live) or count(*) = p_rows, false) into has_live
          from (select is_live(d.deleted_at, d.expires_at) as is_live from phase_data d
                 where d.forge_account_id = p_account and d.repository_id = sweep_repositories.id
                   and coalesce(d.deleted_at, '-infinity') = '-infinity'
                 order by d.listed_at desc limit p_rows) o;
        has_live := has_live or exists (
            select from (select can_return(d.deleted_at, d.purge_at, d.expires_at) as can_return from phase_data d
                          where d.forge_account_id = p_account and d.repository_id = sweep_repositories.id
                            and d.closed_by in ('repository', 'account') and d.closed_by = any (p_back)
                          limit p_rows) b
             where b.can_return);
        select coalesce(has_live or bool_or(c.can_return) or count(*) = p_rows, false) into has_data
          from (select can_return(d.deleted_at, d.purge_at, d.expires_at) as can_return from phase_data d
                 where d.forge_account_id = p_account and d.repository_id = sweep_repositories.id
                   and coalesce(d.deleted_at, '-infinity') <> '-infinity'
                 order by d.listed_at desc limit p_rows) c;
        select min(w.deleted_at) filter (where w.can_return) into closed_at
          from (select d.deleted_at, can_return(d.deleted_at, d.purge_at, d.expires_at) as can_return from phase_data d
                 where d.forge_account_id = p_account and d.repository_id = sweep_repositories.id
                   and d.closed_by = 'repository'
                 order by d.deleted_at limit p_rows) w;
        select r.name, r.external_id into name, external_id from repository r
         where r.forge_account_id = p_account and r.id = sweep_repositories.id;
        -- The name that its last writer used, if the repository has lost its name.
        name := coalesce(name, (select d.repository from phase_data d
                                 where d.forge_account_id = p_account and d.repository_id = sweep_repositories.id
                                 order by d.issue_number limit 1));
        select s.attempted_at into attempted_at from sweep s
         where s.forge_account_id = p_account and s.repository_id = sweep_repositories.id;
        return next;
    end loop;
end
$$;
