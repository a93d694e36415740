-- The webhook queue serves accounts in turn, tokens are judged by the database's clock, too, and a time that was stated
-- ahead of its time no longer outdoes what came after it.

-- Times of changes that had been stated ahead of the clock: each counts as now. Row-level security holds for the tables'
-- owner, too, who has no tenant.
alter table lifecycle no force row level security;
update lifecycle set at = clock_timestamp() where at > clock_timestamp();
alter table lifecycle force row level security;
alter table repository no force row level security;
update repository set named_at = clock_timestamp() where named_at > clock_timestamp();
alter table repository force row level security;

-- The accounts in turn, and what is due of each. An index by time alone would lead through all that the other accounts
-- have waiting.
create index webhook_delivery_turn on webhook_delivery (forge_account_id, next_try_at, id) where state = 'pending';
drop index webhook_delivery_due;

-- Takes the next due delivery, for this transaction, and names its tenant. Nobody else takes it meanwhile. Accounts come
-- in turn, in the order of their ids: the first one after p_after that has a delivery due, and p_after itself last.
-- Within an account the delivery that is due for the longest time comes first.
-- The settings leave the planner the index alone. By statistics from before a flood it would read and sort the flood.
drop function take_webhook();
create function take_webhook(p_after uuid default null)
returns setof webhook_delivery
language plpgsql
set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off as $$
declare
    -- Before the first account.
    c_start constant uuid := '00000000-0000-0000-0000-000000000000';
    v_row   webhook_delivery%rowtype;
begin
    perform set_config('phase_data.task', 'webhook', true);
    for v_round in 1 .. 2 loop
        select d.* into v_row from webhook_delivery d
         where d.state = 'pending' and d.next_try_at <= now()
           and d.forge_account_id > case when v_round = 1 then coalesce(p_after, c_start) else c_start end
         order by d.forge_account_id, d.next_try_at, d.id limit 1 for update skip locked;
        if found then
            perform set_config('phase_data.account', v_row.forge_account_id::text, true);
            return next v_row;
            exit;
        end if;
    end loop;
end
$$;

-- Takes a token for one write. Null: it is new and now taken, or there is none (an API key can be used again). Else the
-- recorded answer of the same request. For another request: an error with the state PD409. The same for a token that is
-- no longer remembered by this clock: whether it was used, nobody knows any more.
create or replace function spend_token(p_account uuid, p_jti text, p_request_sha256 bytea, p_expires_at timestamptz)
returns jsonb
language plpgsql as $$
declare
    v_spent spent_token%rowtype;
begin
    if p_jti is null then
        return null;
    end if;
    if p_expires_at < now() then
        raise exception 'the token can no longer be used for a write' using errcode = 'PD409';
    end if;
    delete from spent_token t where t.forge_account_id = p_account and t.expires_at < now();
    -- Waits for a transaction that is using the same token right now.
    insert into spent_token (forge_account_id, jti, request_sha256, expires_at)
    values (p_account, p_jti, p_request_sha256, p_expires_at) on conflict do nothing;
    if found then
        return null;
    end if;
    select * into v_spent from spent_token t where t.forge_account_id = p_account and t.jti = p_jti;
    if v_spent.request_sha256 = p_request_sha256 then
        return v_spent.answer;
    end if;
    raise exception 'the token was used for another write' using errcode = 'PD409';
end
$$;
