//! The roles of a private cluster.
//!
//! The superuser owns the tables, and is used for migrations and commands. The server connects as another role, whose
//! one right is to work as `phase_data_app`: whatever runs in its sessions can't `reset role` to more than that.

use sqlx::postgres::PgConnectOptions;
use sqlx::{Executor, PgConnection};

/// The role that the server connects as.
const SERVER: &str = "phase_data_server";

/// Creates what is missing, also in clusters of older versions, and takes back what the roles must not have. The first
/// migration would create `phase_data_app`, too, but comes later.
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
grant phase_data_app to phase_data_server";

/// Prepares the roles of a cluster, over a connection of its superuser.
pub(super) async fn prepare(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute(PREPARE).await.map(drop)
}

/// Returns how the server connects, from how the owner does.
#[must_use]
pub fn as_server(owner: PgConnectOptions) -> PgConnectOptions {
    owner.username(SERVER)
}
