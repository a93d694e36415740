alter table phase_data add column status text not null default 'completed', add column reason text;
alter table phase_data add constraint phase_data_status check (status in ('completed', 'failed')) not valid;
