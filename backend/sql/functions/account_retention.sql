-- An account's own times; with p_set, after setting them.
create function account_retention(
    p_account uuid, p_set boolean, p_grace interval, p_time_to_live interval, p_events_kept_for interval,
    p_not_after timestamptz,
    out grace interval, out time_to_live interval, out events_kept_for interval
)
language plpgsql as $$
begin
    perform in_time(p_not_after);
    perform set_config('phase_data.account', p_account::text, true);
    if p_set then
        update forge_account a
           set grace = p_grace, time_to_live = p_time_to_live, events_kept_for = p_events_kept_for
         where a.id = p_account;
    end if;
    select a.grace, a.time_to_live, a.events_kept_for into grace, time_to_live, events_kept_for
      from forge_account a where a.id = p_account;
end
$$;
