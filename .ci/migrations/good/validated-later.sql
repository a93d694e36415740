alter table phase_data validate constraint phase_data_status;
