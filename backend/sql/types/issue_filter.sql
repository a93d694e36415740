-- Which issues a list has: those whose data can be seen, or with closed those whose data can be brought back; those where this
-- phase is pending; those with this phase; those with a phase that was made for another commit than this one. What is null does
-- not filter.
create type issue_filter as (closed boolean, pending phase, phase phase, stale_for text);
