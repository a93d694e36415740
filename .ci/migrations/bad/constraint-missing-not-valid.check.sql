alter table phase_data add constraint phase_data_size check (data_bytes > 0);
