-- Records the answer to a call on a claim for its repetition with the same token. Where nothing was done, the token is not
-- spent.
create function finish_claim_call(p_account uuid, p_by write_by, p_result claim_result)
returns claim_result
language plpgsql as $$
begin
    if p_result.outcome in ('claimed', 'lost') then
        delete from spent_token t where t.forge_account_id = p_account and t.jti = p_by.jti;
    else
        perform record_answer(p_account => p_account, p_jti => p_by.jti, p_answer => to_jsonb(p_result));
    end if;
    return p_result;
end
$$;
