alter table phase_data add column tag uuid not null default gen_random_uuid();
