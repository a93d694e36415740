alter table phase_data add column status text not null;
