-- The text of a document as it is returned, of the text of an escaped one: there U+10FFFD (1114109) stands before 0 for NUL,
-- before d and three digits for half of a surrogate pair, and before 1 for itself.
create function original_text(p_escaped text)
returns text
language plpgsql immutable as $$
begin
    return replace(replace(replace(p_escaped, chr(1114109) || '0', E'\\u0000'), chr(1114109) || 'd', E'\\ud'),
                   chr(1114109) || '1', chr(1114109));
end
$$;
