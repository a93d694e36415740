-- Records what a write answered, for its repetition with the same token.
create function record_answer(p_account uuid, p_jti text, p_answer jsonb)
returns void
language plpgsql as $$
begin
    if p_jti is not null then
        update spent_token t set answer = p_answer where t.forge_account_id = p_account and t.jti = p_jti;
    end if;
end
$$;
