-- The filter of a list of issues: visible ones, or with closed those that can be restored; with this pending phase; with this
-- phase; with a phase for another commit than this one. A null does not filter.
create type issue_filter as (closed boolean, pending phase, phase phase, stale_for text);
