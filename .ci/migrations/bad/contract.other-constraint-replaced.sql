alter table phase_event drop constraint phase_event_kind, add constraint phase_event_kind2 check (kind <> '') not valid;
