drop table sweep;
