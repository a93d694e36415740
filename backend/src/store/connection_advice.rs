//! Advice for a database that refuses a connection.

use std::error::Error;

use sqlx::postgres::PgConnectOptions;

use super::{StoreError, named};

/// The URL of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DatabaseUrl {
    /// For the server.
    Server,
    /// For migrations and commands.
    Owner,
}

impl DatabaseUrl {
    fn settings(self) -> &'static str {
        match self {
            Self::Server => "DATABASE_URL",
            Self::Owner => "PHASE_DATA_OWNER_DATABASE_URL, or in DATABASE_URL if that is not set",
        }
    }
}

/// Returns the error of a connection with the server's URL, with the database's name and what to check.
pub(crate) fn refused_server(error: StoreError, database: &PgConnectOptions) -> anyhow::Error {
    let advice = connection_advice(&error, DatabaseUrl::Server);
    let advice = advice.map(|advice| format!(": {advice}")).unwrap_or_default();
    anyhow::Error::new(error).context(format!("{}{advice}", named(database)))
}

/// Returns what to check if the server answered and refused the connection.
pub(super) fn connection_advice(error: &(dyn Error + 'static), url: DatabaseUrl) -> Option<String> {
    let mut causes = std::iter::successors(Some(error), |&cause| cause.source());
    let refusal = causes.find_map(|cause| cause.downcast_ref::<sqlx::Error>()?.as_database_error());
    let settings = url.settings();
    match refusal?.code()?.as_ref() {
        "28P01" => Some(format!(
            "it refuses the user or the password: check both in {settings}. Special characters of a password must be \
             percent-encoded (@ is %40, / is %2F, # is %23)"
        )),
        "28000" => {
            Some(format!("it refuses the user: check the user in {settings}, and the server's pg_hba.conf"))
        }
        "3D000" => Some(format!("it has no such database: create it, or correct the name in {settings}")),
        _ => None,
    }
}
