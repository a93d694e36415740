-- A word about a repository or an account may be about more rows than one transaction should hold. Its delivery is
-- worked off in pages, each a transaction that leaves what is left to do, and from where on.
alter table webhook_delivery add column progress jsonb;

-- Whether only the purge has to do with a row any more.
create function is_over(d phase_data)
returns boolean
language sql volatile as $$
    select coalesce(d.purge_at <= clock_timestamp(), false) or coalesce(d.expires_at <= clock_timestamp(), false)
$$;

-- The next rows that a word is about, locked in one order for all: those of an issue, of a repository (no issue) or
-- of the account (no key), from behind the given one on. The tenant is set.
-- Each place is compared twice: row-level security keeps the comparison of phases away from the index, since it is
-- not known to be leakproof. The other one finds the place.
create function rows_of_word(
    p_account uuid, p_key text, p_issue integer, p_after_repository text, p_after_issue integer,
    p_after_phase phase, p_limit integer
)
returns table (
    id uuid, repository text, issue_number integer, phase phase, closed_by closing, last_stored_at timestamptz,
    is_over boolean
)
language plpgsql as $$
begin
    if p_key = '' then
        return query
            select d.id, d.repository, d.issue_number, d.phase, d.closed_by, d.last_stored_at, is_over(d)
              from phase_data d
             where d.forge_account_id = p_account
               and (d.repository, d.issue_number) >= (p_after_repository, p_after_issue)
               and (d.repository, d.issue_number, d.phase) > (p_after_repository, p_after_issue, p_after_phase)
             order by d.repository, d.issue_number, d.phase limit p_limit
               for update;
    else
        return query
            select d.id, d.repository, d.issue_number, d.phase, d.closed_by, d.last_stored_at, is_over(d)
              from phase_data d
             where d.forge_account_id = p_account and d.repository = p_key
               and (p_issue = 0 or d.issue_number = p_issue) and d.issue_number >= p_after_issue
               and (d.issue_number, d.phase) > (p_after_issue, p_after_phase)
             order by d.issue_number, d.phase limit p_limit
               for update;
    end if;
end
$$;

-- A page is done, and there are more. Whatever else is due comes first: a large account keeps nobody waiting.
create function continue_webhook(p_id bigint, p_work jsonb, p_progress jsonb)
returns void
language plpgsql as $$
begin
    update webhook_delivery d
       set work = p_work, progress = p_progress, attempts = 0, reason = null, next_try_at = clock_timestamp()
     where d.id = p_id;
end
$$;

-- Says what became of a delivery that was taken: done, or why it failed. Then it is tried again: 12 times, over
-- half an hour, each time after a longer pause. What is settled begins anew if it is ever delivered again.
create or replace function settle_webhook(p_id bigint, p_failure text)
returns table (delivery_id text, event text, state delivery_state, attempts integer, reason text)
language plpgsql as $$
#variable_conflict use_column
declare
    v_attempts integer;
    v_state    delivery_state := 'done';
begin
    if p_failure is not null then
        select d.attempts + 1 into v_attempts from webhook_delivery d where d.id = p_id;
        v_state := case when v_attempts < 12 then 'pending' else 'failed' end;
    end if;
    return query
        update webhook_delivery d
           set state = v_state, reason = p_failure, attempts = coalesce(v_attempts, d.attempts),
               work = case when v_state = 'pending' then d.work end,
               progress = case when v_state = 'pending' then d.progress end,
               next_try_at = case when v_state = 'pending' then clock_timestamp()
                   + least(interval '1 second' * 2 ^ (v_attempts - 1), interval '10 minutes') end,
               settled_at = case when v_state <> 'pending' then clock_timestamp() end
         where d.id = p_id
        returning d.delivery_id, d.event, d.state, d.attempts, d.reason;
end
$$;
