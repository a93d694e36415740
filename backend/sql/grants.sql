-- The rights that the role phase_data_app lacks, as statements that grant them. $1 is the schema of the functions. `migrate`
-- runs the statements, also after a restore without privileges.
with tables (name, privilege, columns) as (values
    ('_sqlx_migrations', 'select', null),
    ('forge_account', 'select', null),
    ('forge_account', 'insert', array['id', 'forge', 'external_id', 'login']),
    ('forge_account', 'update', array['policy', 'grace', 'time_to_live', 'events_kept_for']),
    ('api_key', 'select', null),
    ('api_key', 'insert', null),
    ('api_key', 'update', array['expires_at', 'revoked_at', 'last_used_at']),
    ('repository', 'select, insert, update, delete', null),
    ('spent_token', 'select, insert, update, delete', null),
    ('phase_data', 'select, insert, update, delete', null),
    ('phase_event', 'select, insert, delete', null),
    ('phase_revision', 'select, insert, update, delete', null),
    ('attempt', 'select, insert, update, delete', null),
    ('lifecycle', 'select, insert, update, delete', null),
    ('sweep', 'select, insert, update, delete', null),
    ('usage_count', 'select, insert, update, delete', null),
    ('purge_failure', 'select, insert, update, delete', null),
    ('webhook_secret', 'select, insert, update, delete', null),
    ('webhook_delivery', 'select, insert, update, delete', null),
    ('function_schema', 'select', null),
    ('function_schema', 'update', array['last_served_at']),
    ('server_instance', 'select, insert, delete', null),
    ('server_instance', 'update', array['last_seen_at']),
    ('upgrade_state', 'select', null)
), wanted as (
    select c.oid, t.name, p.privilege, t.columns
      from tables t, regexp_split_to_table(t.privilege, ', ') p (privilege), pg_class c
     where c.relnamespace = to_regnamespace('phase_data')::oid and c.relname = t.name
), schemas as (
    select n.oid, n.nspname from pg_namespace n where n.nspname in ('phase_data', $1)
)
select format('grant usage on schema %I to phase_data_app', s.nspname)
  from schemas s where not has_schema_privilege('phase_data_app', s.oid, 'usage')
union all
select format('grant %s on phase_data.%I to phase_data_app', w.privilege, w.name)
  from wanted w where w.columns is null and not has_table_privilege('phase_data_app', w.oid, w.privilege)
union all
select format('grant %s (%s) on phase_data.%I to phase_data_app', w.privilege, array_to_string(w.columns, ', '), w.name)
  from wanted w
 where exists (select from unnest(w.columns) c (name)
                where not has_column_privilege('phase_data_app', w.oid, c.name, w.privilege))
union all
-- Everybody has these by default, unless the default privileges of the database say otherwise.
select format('grant execute on function %I.%I(%s) to phase_data_app', s.nspname, p.proname,
              pg_get_function_identity_arguments(p.oid))
  from pg_proc p join schemas s on s.oid = p.pronamespace
 where p.prokind = 'f' and not has_function_privilege('phase_data_app', p.oid, 'execute')
union all
select format('grant usage on type %I.%I to phase_data_app', s.nspname, t.typname)
  from pg_type t join schemas s on s.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid
 where (t.typtype = 'e' or c.relkind = 'c') and not has_type_privilege('phase_data_app', t.oid, 'usage')
