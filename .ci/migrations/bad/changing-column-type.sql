alter table phase_event alter column revision type numeric;
