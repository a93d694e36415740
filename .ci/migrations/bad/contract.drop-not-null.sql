alter table phase_data alter column data_bytes drop not null;
