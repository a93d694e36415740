-- How many bytes a document has as compact JSON. JSONB's own text has a blank after each colon and comma; outside of
-- strings it has no others. With the escaped backslashes and quotes taken out, every quote begins or ends a string.
create function compact_bytes(p_text text)
returns bigint
language sql immutable strict as $$
    select octet_length(p_text) - sum(length(part.text) - length(replace(part.text, ' ', '')))
      from unnest(string_to_array(replace(replace(p_text, '\\', ''), '\"', ''), '"')) with ordinality as part(text, n)
     where part.n % 2 = 1
$$;
