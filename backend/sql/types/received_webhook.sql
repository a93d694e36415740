-- A webhook delivery as it comes.
create type received_webhook as (
    delivery_id text, event text, action text, state text, reason text, effects jsonb, request_id text
);
