-- Who waits for an issue's data is told when a phase comes to be there.

-- What is told: a number for the issue, which says nothing about it to whoever listens.
create function issue_signal(p_account uuid, p_repository text, p_issue integer)
returns bigint
language sql immutable as $$
    select hashtextextended(p_account::text || '/' || p_repository || '#' || p_issue::text, 2)
$$;

-- The same for a repository as callers name it.
create function waiting_signal(p_account uuid, p_repository text, p_repository_id bigint, p_issue integer)
returns bigint
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return issue_signal(p_account, repository_key(p_account, p_repository, p_repository_id), p_issue);
end
$$;

create function wake_waiting()
returns trigger
language plpgsql as $$
begin
    perform pg_notify('phase_data', issue_signal(new.forge_account_id, new.repository, new.issue_number)::text);
    return null;
end
$$;

-- Only where nothing could be seen before: whoever replaces a document wakes nobody, and does not pay for it
-- (transactions that notify take turns when they commit).
create trigger wake_by_insert after insert on phase_data
    for each row when (new.deleted_at is null) execute function wake_waiting();
create trigger wake_by_update after update on phase_data
    for each row when (new.deleted_at is null
                       and (old.deleted_at is not null or old.expires_at <= new.last_stored_at))
    execute function wake_waiting();
