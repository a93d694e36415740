-- Returns the numbers of rows that a purge would remove of each account now.
create function purge_due()
returns table (account uuid, purged bigint, expired bigint)
language plpgsql as $$
begin
    perform set_config('phase_data.task', 'purge', true);
    return query
        select d.forge_account_id, count(*) filter (where d.purge_at <= now()),
               count(*) filter (where d.purge_at is null or d.purge_at > now())
          from phase_data d where d.purge_at <= now() or d.expires_at <= now()
         group by d.forge_account_id order by d.forge_account_id;
end
$$;
