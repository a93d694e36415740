alter table phase_event drop constraint phase_event_kind;
