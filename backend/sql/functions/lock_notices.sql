-- Locks what is said about an issue, a repository (issue 0) or the account (the nil repository), and returns the repository's row:
-- the one that it was merged into, if it was. This lock comes before those of documents and attempts. The tenant is set.
create function lock_notices(p_account uuid, p_repository_id uuid, p_issue integer)
returns uuid
language plpgsql as $$
declare
    v_id uuid := p_repository_id;
begin
    if v_id <> uuid '00000000-0000-0000-0000-000000000000' then
        -- A merge waits for the end of this. One that was first has taken all along.
        select coalesce(r.merged_into, r.id) into v_id from repository r
         where r.forge_account_id = p_account and r.id = p_repository_id
           for key share;
    end if;
    perform pg_advisory_xact_lock(
        hashtextextended(p_account::text || '/' || v_id::text || '#' || p_issue::text, 1));
    return v_id;
end
$$;
