-- Prints what is wrong with the functions and tables of a database that `migrate` made, a line each; nothing, if all is
-- well. Run by .ci/checks/26-database, with the release's schema in the variable release.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
set client_min_messages = warning;
create schema plpgsql_check;
create extension plpgsql_check schema plpgsql_check;

-- Findings that are no faults, each with its reason. One that isn't found any more is a finding itself.
create temporary table justified (function text, message text, reason text);
insert into justified values
    ('begin_patch', 'warning extra: composite OUT variable "answer" is not single argument',
     'the answer of an earlier request goes beside what the patch needs');

-- Functions of a release find the tables by the path that servers set; trigger functions run where pg_restore has set an
-- empty one.
create function pg_temp.findings(p_release text) returns table (function text, line integer, message text)
language plpgsql as $$
declare
    v_function record;
begin
    for v_function in
        select p.oid, p.proname, l.lanname, coalesce(t.tgrelid, 0) as relation,
               case when p.pronamespace <> 'phase_data'::regnamespace
                    then format('%I, phase_data, pg_temp', p_release) else '' end as path
          from pg_proc p join pg_language l on l.oid = p.prolang
          left join (select distinct tgfoid, tgrelid from pg_trigger where not tgisinternal) t on t.tgfoid = p.oid
         where p.pronamespace in ('phase_data'::regnamespace, p_release::regnamespace)
         order by p.proname
    loop
        perform set_config('search_path', v_function.path, true);
        begin
            if v_function.lanname = 'plpgsql' then
                return query
                    select v_function.proname::text, c.lineno, concat_ws(': ', c.level, c.message, c.detail)
                      from plpgsql_check.plpgsql_check_function_tb(
                               v_function.oid, v_function.relation, fatal_errors => false, other_warnings => true,
                               extra_warnings => true, performance_warnings => true, security_warnings => true,
                               compatibility_warnings => true) c;
            else
                -- PostgreSQL itself checks them when they are made.
                execute pg_get_functiondef(v_function.oid);
            end if;
        exception when others then
            return query select v_function.proname::text, null::integer, 'error: ' || sqlerrm;
        end;
    end loop;
end
$$;

create temporary view unjustified as
    select f.function, f.line, f.message from pg_temp.findings(current_setting('checks.release')) f
     where not exists (select from justified j where j.function = f.function and j.message = f.message);
select set_config('checks.release', :'release', false) \g /dev/null

select concat_ws(':', function, line, ' ' || message) from unjustified;
select j.function || ': is justified, and not found any more: ' || j.message from justified j
 where not exists (select from pg_temp.findings(:'release') f where j.function = f.function and j.message = f.message);

-- Whatever the tables are made of outlives a release.
select format('%s depends on %s', pg_describe_object(d.classid, d.objid, d.objsubid),
              pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid))
  from pg_depend d, pg_identify_object(d.classid, d.objid, d.objsubid) dependent,
       pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) needed
 where needed.schema like 'phase_data_fn_%' and dependent.schema is distinct from needed.schema
   and dependent.type <> 'function' and d.deptype <> 'i';
select format('the enum %s: use text with a check', typname) from pg_type where typtype = 'e' and typname <> 'phase';
select format('%s has rows of tenants, and no forced row-level security', c.oid::regclass)
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'forge_account_id'
 where c.relnamespace = 'phase_data'::regnamespace and c.relkind = 'r'
   -- The owner of the tables makes keys.
   and not (c.relrowsecurity and (c.relforcerowsecurity or c.relname = 'api_key'));
select format('%s runs with its owner''s rights', oid::regprocedure) from pg_proc
 where prosecdef and pronamespace in ('phase_data'::regnamespace, :'release'::regnamespace);

-- A newer release adds columns while this one serves.
do $$
declare
    v_table regclass;
begin
    for v_table in select oid from pg_class where relnamespace = 'phase_data'::regnamespace and relkind = 'r' loop
        execute format('alter table %s add column added_later text', v_table);
    end loop;
end
$$;
select concat_ws(':', function, line, ' when a column is added: ' || message) from unjustified;
