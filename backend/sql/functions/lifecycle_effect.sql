-- The effect of a change of state of an issue, a repository or an account on a document: stays, closes (it is hidden, and its
-- grace period begins), closes_on_its_own (it was hidden with its repository or account, whose return must not restore it) or
-- returns.
-- A close hides what was stored before it. The forge counts in whole seconds: a time without a fraction means all of its second,
-- in which a workflow may store and then close. In a duplicate it means the beginning of the second: what was stored in between
-- stays.
create function lifecycle_effect(
    p_closed boolean, p_at timestamptz, p_ordering text, p_scope text, p_closed_by text, p_last_stored_at timestamptz
)
returns text
language sql immutable as $$
    select case
        -- A later release may know other scopes.
        when p_ordering = 'stale' or p_closed_by not in ('issue', 'repository', 'account') then 'stays'
        when p_closed and p_closed_by is null then
            case when p_last_stored_at <= p_at
                   or (p_ordering = 'newer' and date_trunc('second', p_at) = p_at
                       and p_last_stored_at < p_at + interval '1 second') then 'closes' else 'stays' end
        when p_closed and array_position(array['issue', 'repository', 'account'], p_scope)
                          < array_position(array['issue', 'repository', 'account'], p_closed_by)
            then 'closes_on_its_own'
        when not p_closed and p_closed_by is not null and (p_scope = 'issue' or p_scope = p_closed_by) then 'returns'
        else 'stays' end
$$;
