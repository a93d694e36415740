create table attempt (
    id               uuid primary key,
    forge_account_id uuid not null references forge_account (id) on delete cascade,
    number           integer not null,
    -- Not dropped with its document: an enumeration of attempts outlives that.
    state            text not null constraint attempt_state check (state in ('running', 'completed'))
);
create index attempt_account on attempt (forge_account_id);
alter table attempt enable row level security, force row level security;
create policy tenant on attempt to phase_data_app
    using (forge_account_id = nullif(current_setting('phase_data.account', true), '')::uuid);
