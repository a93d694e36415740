-- contract
drop table sweep;
