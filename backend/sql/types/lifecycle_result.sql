-- The result of a change of state: the phases that it affected, how many documents it hid and restored, and the cursor of the next
-- page, if there is one.
create type lifecycle_result as (affected text[], closed integer, restored integer, cursor jsonb);
