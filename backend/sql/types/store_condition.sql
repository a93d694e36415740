-- What must hold for a write to be done: that something is stored or nothing is, one of these entity tags, this revision.
create type store_condition as (must_exist boolean, must_not_exist boolean, etags text[], if_revision bigint);
