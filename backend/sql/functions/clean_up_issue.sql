-- Hides an issue's documents or brings them back at a caller's request, if the condition holds for the whole issue. A token that
-- was used for the same before is answered the same again. A document that is claimed comes back only with that claim.
create function clean_up_issue(
    p_repository repository_ref, p_issue integer, p_change lifecycle_change, p_condition store_condition, p_claim_id uuid,
    p_by write_by, p_not_after timestamptz
)
returns clean_up_result
language plpgsql as $$
declare
    v_account constant uuid := p_repository.account;
    v_before  jsonb;
    v_id      uuid;
    v_result  clean_up_result := (array[]::text[], null::jsonb, null::jsonb);
begin
    perform in_time(p_not_after);
    perform set_config('phase_data.account', v_account::text, true);
    if not p_change.dry_run then
        v_before := spend_token(p_account => v_account, p_by => p_by);
    end if;
    if v_before is not null then
        v_result.affected := array(select jsonb_array_elements_text(v_before));
        return v_result;
    end if;
    if p_change.dry_run then
        v_id := (repositories_to_read(p_repository))[1];
    else
        v_id := repository_to_change(p_repository);
    end if;
    if v_id is not null then
        -- Before the documents are locked.
        v_id := lock_notices(p_account => v_account, p_repository_id => v_id, p_issue => p_issue);
    end if;
    if not p_change.closed and v_id is not null then
        v_result.claim := claim_on_restored(p_account => v_account, p_repository_id => v_id, p_issue => p_issue,
                                            p_change => p_change, p_claim_id => p_claim_id, p_by => p_by);
    end if;
    if v_result.claim is not null then
        null;
    elsif num_nonnulls(p_condition.etags, p_condition.if_revision) > 0 or p_condition.must_exist then
        v_result := change_issue_if(p_account => v_account, p_repository_id => v_id, p_issue => p_issue,
                                    p_change => p_change, p_condition => p_condition, p_by => p_by);
    elsif v_id is not null then
        v_result.affected := (change_lifecycle(p_account => v_account, p_repository_id => v_id, p_issue => p_issue,
                                              p_change => p_change, p_by => p_by, p_cursor => null)).affected;
    end if;
    if num_nonnulls(v_result.stored, v_result.claim) > 0 then
        -- Nothing was written, so the token is not spent.
        delete from spent_token t where t.forge_account_id = v_account and t.jti = p_by.jti;
    elsif not p_change.dry_run then
        perform record_answer(p_account => v_account, p_jti => p_by.jti, p_answer => to_jsonb(v_result.affected));
    end if;
    return v_result;
end
$$;
