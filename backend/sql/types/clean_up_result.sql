-- The result of a clean-up: the affected phases, or, if the condition did not hold, the stored phases with their revisions and
-- entity tags.
create type clean_up_result as (affected text[], stored jsonb);
