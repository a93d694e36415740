-- contract: release 3
alter table phase_data drop column closed_by;
drop index phase_data_purge_at;
