-- A webhook delivery, and what is left to do about it.
create type webhook_record as (
    id bigint, forge_account_id uuid, delivery_id text, event text, action text, state text, reason text, effects jsonb,
    progress jsonb, attempts integer, unfinished integer, request_id text, received_at timestamptz,
    next_try_at timestamptz, finished_at timestamptz
);
