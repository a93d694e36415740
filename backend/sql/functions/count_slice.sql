-- Counts the next rows of an account, documents first, then events, and keeps what it came to. Answers whether that were
-- all. The tenant is set.
create function count_slice(p_count usage_count, p_repositories integer, p_rows integer)
returns boolean
language plpgsql as $$
declare
    v_account   uuid := p_count.forge_account_id;
    v_documents jsonb := p_count.progress -> 'documents';
    v_events    jsonb := p_count.progress -> 'events';
    v_is_done   boolean := false;
begin
    if v_documents is null or v_documents ? 'after' then
        v_documents := count_documents(v_account, coalesce(v_documents, '{}'), p_repositories, p_rows);
    else
        v_events := count_events(v_account, coalesce(v_events, '{}'), p_rows);
        v_is_done := not v_events ? 'after';
    end if;
    if v_is_done then
        update usage_count c
           set counts = usage_counts(v_documents, v_events, p_repositories), counted_at = clock_timestamp(),
               started_at = p_count.started_at, progress = null
         where c.forge_account_id = v_account;
    else
        update usage_count c
           set started_at = p_count.started_at,
               progress = jsonb_strip_nulls(jsonb_build_object('documents', v_documents, 'events', v_events))
         where c.forge_account_id = v_account;
    end if;
    return v_is_done;
end
$$;
