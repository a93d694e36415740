-- Keeps claims, and first stores, away from all phases of two issues until the end of the transaction. It comes before the
-- locks of documents: see the table attempt.
create function lock_claims(p_account uuid, p_from_id uuid, p_from_issue integer, p_to_id uuid, p_to_issue integer)
returns void
language plpgsql as $$
declare
    v_key bigint;
begin
    for v_key in
        select claim_lock_key(p_account => p_account, p_repository_id => i.id, p_issue => i.issue, p_phase => p.phase) as key
          from (values (p_from_id, p_from_issue), (p_to_id, p_to_issue)) i (id, issue),
               unnest(enum_range(null::phase)) p (phase)
         order by key
    loop
        perform pg_advisory_xact_lock(v_key);
    end loop;
end
$$;
