-- An account, as far as requests need it.
create type account_record as (id uuid, policy jsonb);
