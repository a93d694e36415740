alter table phase_data add column status text constraint phase_data_status check (status <> '');
