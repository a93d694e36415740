-- What a change did: the phases that it touched, how many documents it hid and brought back, and what is left of it, if it
-- is about more rows than one page has.
create type lifecycle_result as (touched text[], closed integer, restored integer, rest jsonb);
