-- Returns an account's usage and its events of the last 30 days as JSON. A small account is counted now; of a large one, the
-- last count of count_usage() is returned, with its time. Null if a large account was not counted yet.
-- The settings leave only indexes to the planner: with statistics from before a flood it would read whole tables.
create function account_usage(p_account uuid, p_repositories integer, p_most_rows integer)
returns jsonb
language plpgsql stable
set enable_seqscan = off set enable_bitmapscan = off as $$
declare
    v_usage  jsonb;
    v_events jsonb;
    v_keys   bigint;
    v_at     timestamptz;
begin
    perform set_config('phase_data.account', p_account::text, true);
    if is_large(p_account, p_most_rows) then
        select c.counts, c.counted_at into v_usage, v_at from usage_count c where c.forge_account_id = p_account;
    else
        v_usage := count_documents(p_account, '{}', p_repositories, p_most_rows + 1);
        v_events := count_events(p_account, '{}', p_most_rows + 1);
        v_usage := usage_counts(v_usage, v_events, p_repositories);
    end if;
    select count(*) into v_keys from api_key k
     where k.forge_account_id = p_account and k.revoked_at is null
       and (k.expires_at is null or k.expires_at > now());
    v_usage := v_usage || jsonb_build_object('repositories', usage_names(p_account, v_usage -> 'repositories'));
    return v_usage || jsonb_strip_nulls(jsonb_build_object('active_keys', v_keys, 'counted_at', time_as_json(v_at)));
end
$$;
