-- Nobody reads it.
-- contract: release 2
drop table sweep;
