-- The issues of a repository that have data: when the document was stored that was left alone for the longest time, of
-- those that can be seen (or could be, with what p_back names), and since when the issue is known to be closed, if any
-- was hidden for that.
create function sweep_issues(p_account uuid, p_data_key text, p_back text[])
returns table (issue_number integer, first_stored timestamptz, closed_at timestamptz)
language plpgsql as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    return query
        select d.issue_number, min(d.last_stored_at) filter (where is_live_with(d, p_back)),
               case when bool_or(d.closed_by = 'issue') then coalesce(l.at, min(d.deleted_at)) end
          from phase_data d
          left join lifecycle l on l.forge_account_id = p_account and l.repository = p_data_key
                               and l.issue_number = d.issue_number and l.closed
         where d.forge_account_id = p_account and d.repository = p_data_key
           and (is_live_with(d, p_back) or (d.closed_by = 'issue' and can_return(d)))
         group by d.issue_number, l.at order by d.issue_number;
end
$$;
