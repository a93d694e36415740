-- Writes down a delivery: of the account p_account, or, if that is null, of the owner that it names. With
-- p_introduces the owner is registered if need be. One that comes again is answered as it stands; only what
-- had failed is tried again. The time of the first receipt stays.
create function receive_webhook(
    p_account uuid, p_owner_id bigint, p_login text, p_introduces boolean, p_delivery received_webhook
)
returns table (state text, reason text)
language plpgsql as $$
declare
    v_account uuid := p_account;
    v_state   text := p_delivery.state;
    v_reason  text := p_delivery.reason;
    v_effects    jsonb := p_delivery.effects;
begin
    perform set_config('phase_data.task', 'webhook', true);
    if v_account is null and p_owner_id is not null then
        select a.id into v_account from find_account(p_forge => 'github', p_external_id => p_owner_id) a;
        if v_account is null and p_introduces then
            insert into forge_account (id, forge, external_id, login)
            values (gen_random_uuid(), 'github', p_owner_id, p_login) on conflict do nothing;
            select a.id into v_account from find_account(p_forge => 'github', p_external_id => p_owner_id) a;
        end if;
    end if;
    if v_account is null and v_state = 'pending' then
        v_state := 'ignored';
        v_reason := format('the owner %s is not registered here', p_owner_id);
        v_effects := null;
    end if;
    return query
        insert into webhook_delivery as d (forge_account_id, delivery_id, event, action, state, reason, effects,
                                           request_id, next_try_at, finished_at)
        values (v_account, p_delivery.delivery_id, p_delivery.event, p_delivery.action, v_state, v_reason, v_effects,
                p_delivery.request_id,
                case when v_state = 'pending' then now() end, case when v_state <> 'pending' then now() end)
        on conflict (coalesce(forge_account_id, '00000000-0000-0000-0000-000000000000'), delivery_id) do update
           set event = excluded.event, action = excluded.action, state = excluded.state,
               reason = excluded.reason, effects = excluded.effects, attempts = 0,
               request_id = excluded.request_id, next_try_at = excluded.next_try_at,
               finished_at = excluded.finished_at
         where d.state = 'failed'
        returning d.state, d.reason;
    if not found then
        return query
            select d.state, d.reason from webhook_delivery d
             where d.forge_account_id is not distinct from v_account and d.delivery_id = p_delivery.delivery_id;
    end if;
end
$$;
