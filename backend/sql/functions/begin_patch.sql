-- Begins a merge patch of one phase, whose result store_phase_data stores in the same transaction. Takes the token; if the
-- same request was answered before, returns that answer and nothing else. Else locks the phase's row and returns its live
-- document, whether it is escaped, and the row's id and its revision as patch_of; if nothing is live, no document and an empty patch_of. A row that
-- is not there can't be locked, and its repository's name may come to mean another one: store_phase_data compares patch_of
-- with what is there by then.
create function begin_patch(
    p_repository repository_ref, p_issue integer, p_phase phase, p_by write_by, p_not_after timestamptz,
    out answer stored_phase_data, out patch_of text, out data jsonb,
    out escaped boolean
)
language plpgsql as $$
declare
    v_account       constant uuid := p_repository.account;
    v_before        jsonb;
    v_repository_id uuid;
    v_row           record;
begin
    perform in_time(p_not_after);
    perform set_config('phase_data.account', v_account::text, true);
    v_before := spend_token(p_account => v_account, p_by => p_by);
    if v_before is not null then
        answer := jsonb_populate_record(answer, v_before);
        return;
    end if;
    v_repository_id := claim_repository(p_repository);
    select d.id, d.revision, d.deleted_at, d.expires_at, d.data, d.escaped into v_row from phase_data d
     where d.forge_account_id = v_account and d.repository_id = v_repository_id
       and d.issue_number = p_issue and d.phase = p_phase
       for update;
    patch_of := '';
    if v_row.id is not null and is_live(v_row.deleted_at, v_row.expires_at) then
        patch_of := v_row.id || ' ' || v_row.revision;
        data := v_row.data;
        escaped := v_row.escaped;
    end if;
end
$$;
