-- Whether a row can be seen, or could be once everything is back that these hid.
create function is_live_with(d phase_data, p_back text[])
returns boolean
language sql stable as $$
    select is_live(d) or (d.closed_by = any (p_back) and can_return(d))
$$;
