create index concurrently phase_event_request on phase_event (request_id);
