-- The filter of a list of issues: visible ones, or with closed those that can be restored; with this pending phase; and with a
-- phase for which all of these hold: it is this one, it was stored for another commit than this one, it has this status, it
-- has this outcome, it was last changed longer ago than this. With claimed, issues with a claim that lives, or without. A null does
-- not filter.
create type issue_filter as (
    closed boolean, pending phase, phase phase, stale_for text, status text, outcome text,
    older_than_seconds double precision, claimed boolean
);
