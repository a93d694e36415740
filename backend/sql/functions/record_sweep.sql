-- Notes that a repository was asked about, and whether all was learned.
create function record_sweep(p_account uuid, p_repository_id uuid, p_complete boolean)
returns void
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    insert into sweep as s (forge_account_id, repository_id, attempted_at, swept_at)
    values (p_account, p_repository_id, now(), case when p_complete then now() end)
        on conflict (forge_account_id, repository_id) do update
           set attempted_at = excluded.attempted_at, swept_at = coalesce(excluded.swept_at, s.swept_at);
end
$$;
