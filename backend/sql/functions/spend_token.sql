-- Takes a token for one write. Null: it is new and now taken, or there is none (an API key can be used again). Else the
-- recorded answer of the same request. For another request: an error with the state PD409. The same for a token that is
-- no longer remembered by this clock: whether it was used, nobody knows any more.
-- Of those that have expired each write forgets a few, and none that another write is at: after a flood no single write
-- pays for all of it.
create function spend_token(p_account uuid, p_by write_by)
returns jsonb
language plpgsql as $$
declare
    v_spent record;
begin
    if p_by.jti is null then
        return null;
    end if;
    if p_by.token_expires_at < now() then
        raise exception 'the token can no longer be used for a write' using errcode = 'PD409';
    end if;
    delete from spent_token where forge_account_id = p_account and jti in (
        select t.jti from spent_token t
         where t.forge_account_id = p_account and t.expires_at < now()
         order by t.expires_at limit 20 for update skip locked);
    -- Waits for a transaction that is using the same token right now.
    insert into spent_token (forge_account_id, jti, request_sha256, expires_at)
    values (p_account, p_by.jti, p_by.request_sha256, p_by.token_expires_at) on conflict do nothing;
    if found then
        return null;
    end if;
    select t.request_sha256, t.answer into v_spent from spent_token t
     where t.forge_account_id = p_account and t.jti = p_by.jti;
    if v_spent.request_sha256 = p_by.request_sha256 then
        return v_spent.answer;
    end if;
    raise exception 'the token was used for another write' using errcode = 'PD409';
end
$$;
