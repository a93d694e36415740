-- The things that are to be done next: so many, after so many that are done.
create function next_effect(p_effects jsonb, p_done integer, p_limit integer)
returns jsonb
language sql immutable as $$
    select jsonb_path_query_array(p_effects, '$[$first to $last]',
                                  jsonb_build_object('first', p_done, 'last', p_done + p_limit - 1))
$$;
