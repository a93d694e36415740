-- Applies a change of state that the forge states of an issue, a repository (issue 0) or the account (no name): the first page of
-- documents, or the one after the cursor.
create function apply_state_change(
    p_repository repository_ref, p_issue integer, p_change lifecycle_change, p_by write_by, p_cursor jsonb
)
returns lifecycle_result
language plpgsql as $$
declare
    v_id uuid := uuid '00000000-0000-0000-0000-000000000000';
begin
    perform set_config('phase_data.account', (p_repository.account)::text, true);
    if p_repository.name is not null then
        v_id := repository_of_event(p_repository, p_change.dry_run);
    end if;
    if v_id is null then
        return ('{}', 0, 0, null)::lifecycle_result;
    end if;
    return change_lifecycle(p_account => p_repository.account, p_repository_id => v_id, p_issue => p_issue,
                            p_change => p_change, p_by => p_by, p_cursor => p_cursor);
end
$$;
