-- no-transaction
create index concurrently phase_event_request on phase_event (request_id);
create index concurrently phase_event_revision on phase_event (revision);
