alter table phase_event
    drop constraint phase_event_kind,
    add constraint phase_event_kind check (kind in ('stored', 'deleted', 'claimed')) not valid;
