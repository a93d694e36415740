//! The settings of sessions.
//!
//! The administrator of a cluster sets defaults for the cluster, a database or a user. None of them may change the meaning of
//! a statement or the durability of a commit. The settings are made after connecting: poolers refuse most of them as start-up
//! parameters.

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use super::Program;

/// The settings of all sessions. Settings that the server's version lacks are left out.
///
/// - `default_transaction_isolation`: stricter levels fail with errors that nothing here expects.
/// - `row_security`: if it is off, each statement on a table of tenants fails.
/// - `standard_conforming_strings`, `transform_null_equals`, `array_nulls`, `bytea_output`, `IntervalStyle`,
///   `extra_float_digits`: change the meaning of statements or the text of values.
/// - `quote_all_identifiers`: changes the names in the registry of functions.
/// - `client_min_messages`: the server sends its log lines to the client at a low level, also those with a document.
/// - `idle_session_timeout`, `transaction_timeout`: end sessions; the time-outs of each kind of session are below.
/// - `synchronous_commit`: if it is off, a crash of the server loses changes that were answered with success. Other values
///   differ in what they wait for at a standby, and stay.
///
/// `default_transaction_read_only` stays, too: it is how some providers stop writes.
const COMMON: &str = "
    select set_config(s.name, wanted.value, false)
      from (values ('default_transaction_isolation', 'read committed'), ('row_security', 'on'),
                   ('standard_conforming_strings', 'on'), ('transform_null_equals', 'off'), ('array_nulls', 'on'),
                   ('bytea_output', 'hex'), ('IntervalStyle', 'postgres'), ('extra_float_digits', '1'),
                   ('quote_all_identifiers', 'off'), ('client_min_messages', 'warning'),
                   ('idle_session_timeout', '0'), ('transaction_timeout', '0'),
                   ('synchronous_commit', 'on')) as wanted (name, value)
      join pg_catalog.pg_settings s on s.name = wanted.name
     where s.name <> 'synchronous_commit' or s.setting = 'off'";
/// Its role limits what the server can do. Statements time out before their client gives up, so that each ends with an answer.
/// PostgreSQL notices that a client is gone. JIT is off: statements are short, and compiling one for a far too high estimate
/// takes longer than running it.
const SERVER: &str = "
    set role phase_data_app; set statement_timeout = '8s'; set lock_timeout = '5s';
    set idle_in_transaction_session_timeout = '15s'; set jit = off;
    select set_config(s.name, wanted.value, false)
      from (values ('client_connection_check_interval', '2s'), ('tcp_keepalives_idle', '10'),
                   ('tcp_keepalives_interval', '5'), ('tcp_keepalives_count', '3'),
                   ('tcp_user_timeout', '15s')) as wanted (name, value)
      join pg_catalog.pg_settings s on s.name = wanted.name";
/// The client has deadlines of its own.
const UNLIMITED: &str = "
    set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0";

/// The use of a session.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SessionKind {
    /// Statements of requests and jobs, as `phase_data_app`.
    Server,
    /// Notifications.
    Listener,
    /// Migrations and commands. A migration takes as long as it takes.
    Owner,
}

/// The statements that set up a session.
#[derive(Debug, Clone)]
pub(crate) struct SessionSetup {
    kind: SessionKind,
    /// The path to the functions and tables, and the session's name.
    program: String,
}

impl SessionSetup {
    /// Makes the statements for sessions of a program.
    pub(crate) fn new(program: &Program, options: &PgConnectOptions, kind: SessionKind) -> Self {
        Self { kind, program: program.session(options) }
    }

    /// Sets up a new connection.
    ///
    /// # Errors
    /// Any database error.
    pub(crate) async fn apply(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let own = match self.kind {
            SessionKind::Server => SERVER,
            SessionKind::Listener | SessionKind::Owner => UNLIMITED,
        };
        connection.execute(AssertSqlSafe(format!("{own}; {COMMON}"))).await?;
        // Quotes in it mean what they should only now.
        connection.execute(AssertSqlSafe(self.program.as_str())).await?;
        Ok(())
    }
}
