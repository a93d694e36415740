-- Takes the attempts of an issue, or of a whole repository (issue 0), along to another place. Where both places have a claim
-- that lives, the one of the target stays. Numbers rise above those of the target, which may name branches. The tenant is set,
-- and no claim can be made at either place meanwhile.
create function move_attempts(p_account uuid, p_from_id uuid, p_from_issue integer, p_to_id uuid, p_to_issue integer)
returns void
language plpgsql as $$
begin
    with pair as (
        select f.issue_number as from_issue, f.number as from_number, t.issue_number as to_issue, t.number as to_number,
               f.phase, t.lease_ends_at <= clock_timestamp() and f.lease_ends_at > clock_timestamp() as from_stays
          from attempt f join attempt t
            on t.forge_account_id = f.forge_account_id and t.repository_id = p_to_id and t.phase = f.phase
           and t.issue_number = case when p_from_issue = 0 then f.issue_number else p_to_issue end
         where f.forge_account_id = p_account and f.repository_id = p_from_id and f.ended_at is null
           and t.ended_at is null and (p_from_issue = 0 or f.issue_number = p_from_issue)
    )
    update attempt a
       set state = case when pair.from_stays then 'lapsed' else 'superseded' end, ended_at = clock_timestamp(),
           reason = 'another claim held the same phase when the two became one'
      from pair
     where a.forge_account_id = p_account and a.phase = pair.phase and a.ended_at is null
       and case when pair.from_stays
                then a.repository_id = p_to_id and a.issue_number = pair.to_issue and a.number = pair.to_number
                else a.repository_id = p_from_id and a.issue_number = pair.from_issue and a.number = pair.from_number end;
    update attempt a
       set repository_id = p_to_id, issue_number = case when p_from_issue = 0 then a.issue_number else p_to_issue end,
           number = a.number + coalesce((
               select max(t.number) from attempt t
                where t.forge_account_id = p_account and t.repository_id = p_to_id and t.phase = a.phase
                  and t.issue_number = case when p_from_issue = 0 then a.issue_number else p_to_issue end), 0)
     where a.forge_account_id = p_account and a.repository_id = p_from_id
       and (p_from_issue = 0 or a.issue_number = p_from_issue);
end
$$;
