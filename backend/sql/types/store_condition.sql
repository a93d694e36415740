-- The precondition of a write: something is stored, nothing is stored, one of these entity tags, this revision.
create type store_condition as (must_exist boolean, must_not_exist boolean, etags text[], if_revision bigint);
