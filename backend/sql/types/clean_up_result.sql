-- The result of a clean-up: the affected phases, or, if the condition did not hold, the stored phases with their revisions and
-- entity tags, or, if a claim keeps a phase as it is, the claim's attempt with its phase.
create type clean_up_result as (affected text[], stored jsonb, claim jsonb);
