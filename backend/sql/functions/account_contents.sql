-- Counts what belongs to an account, each kind up to so many rows.
create function account_contents(p_account uuid, p_most integer)
returns table (
    documents bigint, issues bigint, repositories bigint, events bigint, api_keys bigint, webhook_secrets bigint,
    webhook_deliveries bigint
)
language plpgsql stable
set enable_seqscan = off set enable_bitmapscan = off as $$
begin
    perform set_config('phase_data.account', p_account::text, true);
    select count(*), count(distinct (d.repository_id, d.issue_number)) into documents, issues
      from (select s.repository_id, s.issue_number from phase_data s where s.forge_account_id = p_account limit p_most) d;
    select count(*) into repositories from (
        select from repository r where r.forge_account_id = p_account and r.merged_into is null limit p_most) r;
    select count(*) into events from (
        select from phase_event e where e.forge_account_id = p_account limit p_most) e;
    select count(*) into api_keys from (select from api_key k where k.forge_account_id = p_account limit p_most) k;
    select count(*) into webhook_secrets from webhook_secret s where s.forge_account_id = p_account;
    select count(*) into webhook_deliveries from (
        select from webhook_delivery d where d.forge_account_id = p_account limit p_most) d;
    return next;
end
$$;
