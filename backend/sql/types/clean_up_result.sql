-- What became of a clean-up: the phases that it affected; or, if the condition did not hold, what is stored, each phase with its
-- revision and entity tag.
create type clean_up_result as (affected text[], stored jsonb);
