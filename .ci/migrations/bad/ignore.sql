-- squawk-ignore adding-required-field
alter table phase_data add column status text not null default 'completed';
