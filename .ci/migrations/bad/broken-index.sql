-- no-transaction
create index concurrently if not exists phase_event_request on phase_event (request_id);
