//! The roles of a private cluster.
//!
//! The superuser owns the tables; migrations and commands use it. The server connects as another role, whose only
//! right is to work as `phase_data_app`: `reset role` in its sessions gives no further right.

use sqlx::postgres::PgConnectOptions;
use sqlx::{Executor, PgConnection};

/// The role that the server connects as.
const SERVER: &str = "phase_data_server";

/// Creates the missing roles, also in clusters of older versions, and revokes what they must not have: rights,
/// memberships, and settings of their own, which a session could set for every later one. The first migration would
/// create `phase_data_app`, too, but runs later.
const PREPARE: &str = "
do $$
begin
    if not exists (select from pg_roles where rolname = 'phase_data_app') then
        create role phase_data_app nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'phase_data_server') then
        create role phase_data_server;
    end if;
end
$$;
alter role phase_data_app nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
alter role phase_data_server login noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
alter role phase_data_app reset all;
alter role phase_data_server reset all;
do $$
declare
    extra record;
begin
    for extra in
        select s.rolname as role, d.datname as database
          from pg_db_role_setting x join pg_roles s on s.oid = x.setrole join pg_database d on d.oid = x.setdatabase
         where s.rolname in ('phase_data_app', 'phase_data_server')
    loop
        execute format('alter role %I in database %I reset all', extra.role, extra.database);
    end loop;
    for extra in
        select s.rolname as role, g.rolname as granted
          from pg_auth_members m join pg_roles s on s.oid = m.member join pg_roles g on g.oid = m.roleid
         where s.rolname in ('phase_data_app', 'phase_data_server') and g.rolname <> 'phase_data_app'
    loop
        execute format('revoke %I from %I', extra.granted, extra.role);
    end loop;
end
$$;
grant phase_data_app to phase_data_server";

/// Prepares the roles of a cluster, over a connection of its superuser.
pub(crate) async fn prepare(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute(PREPARE).await.map(drop)
}

/// Returns how the server connects, from how the owner does.
#[must_use]
pub fn as_server(owner: PgConnectOptions) -> PgConnectOptions {
    owner.username(SERVER)
}
