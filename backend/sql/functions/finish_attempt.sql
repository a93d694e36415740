-- Ends the current attempt of a phase whose document was just stored: with the state of the result if its holder stored it,
-- else as lapsed. With p_keep the holder's attempt goes on. The attempt is locked, and the tenant is set.
create function finish_attempt(
    p_account uuid, p_repository_id uuid, p_issue integer, p_phase phase, p_number integer, p_is_holder boolean,
    p_keep boolean, p_status text, p_reason text
)
returns void
language plpgsql as $$
begin
    update attempt a
       set state = case when not p_is_holder then 'lapsed' when p_keep then a.state else p_status end,
           ended_at = case when p_is_holder and p_keep then null else clock_timestamp() end,
           reason = case when not p_is_holder then 'another writer stored the phase after the lease'
                         when p_keep then a.reason else p_reason end,
           late = a.late or (p_is_holder and a.lease_ends_at <= clock_timestamp())
     where a.forge_account_id = p_account and a.repository_id = p_repository_id and a.issue_number = p_issue
       and a.phase = p_phase and a.number = p_number;
end
$$;
