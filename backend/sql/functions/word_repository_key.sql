-- Under which name the data is kept of a repository that a word is about. Unlike repository_key() it takes over no
-- name: the word may be late, and the name an old one. The tenant is set.
create function word_repository_key(p_account uuid, p_name text, p_external_id bigint)
returns text
language plpgsql as $$
declare
    v_key text;
begin
    if p_external_id is null then
        return repository_key(p_account, p_name, null);
    end if;
    select r.data_key into v_key from repository r
     where r.forge_account_id = p_account and r.external_id = p_external_id;
    if v_key is null
       and exists (select from repository r where r.forge_account_id = p_account and r.data_key = p_name) then
        v_key := p_name || '#' || p_external_id;
    end if;
    return coalesce(v_key, p_name);
end
$$;
