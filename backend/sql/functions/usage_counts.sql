-- The counts of documents and events together, as the contract spells them.
create function usage_counts(p_documents jsonb, p_events jsonb, p_repositories integer)
returns jsonb
language sql immutable as $$
    select p_documents - 'largest' - 'after' || jsonb_build_object(
        'repositories', (select coalesce(jsonb_agg(l.value order by l.place), '[]')
                           from jsonb_array_elements(p_documents -> 'largest') with ordinality l (value, place)
                          where l.place <= p_repositories),
        'events_last_30_days',
        jsonb '{"stored": 0, "deleted": 0, "restored": 0, "expired": 0, "purged": 0, "moved": 0, "merged": 0}'
        || (p_events -> 'kinds'))
$$;
