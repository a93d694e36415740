-- contract: release 2
drop table sweep cascade;
