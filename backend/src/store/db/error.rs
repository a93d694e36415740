//! Errors of the database, and the state in which each leaves the connection.

use deadpool::managed::PoolError;

use super::Access;
use crate::store::refusal::Refusal;
use crate::store::schema::{SchemaError, is_missing_table};

/// The reason why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// It can't be reached, is starting, stopping or overloaded. Nothing was changed; trying again later may help.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It takes no writes: it is a standby, or somebody set it to be read-only. Nothing was changed.
    #[error("the database is read-only")]
    ReadOnly(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The connection was lost while it wrote: whether that was done is not known. Doing it again is safe.
    #[error("it is not known whether the database did the write")]
    OutcomeUnknown(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The account's other requests had all connections of its share for too long.
    #[error("the account has too many statements running at once")]
    ShareExhausted,
    /// It refuses a value that the checks before it let through.
    #[error("the database refused a value")]
    ValueRefused(#[source] Refusal),
    /// The merged document is larger than a document may be.
    #[error("the merged document is too large")]
    MergedTooLarge,
    /// The token was used for another write.
    #[error("the token was used before")]
    TokenReplayed,
    /// It writes what servers of an older release don't understand, and some are running.
    #[error("servers of an older release are running")]
    UpgradeInProgress,
    /// This release can't work on the database as it is.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// Anything else: a bug of ours or a schema that isn't.
    #[error("a database query failed")]
    Query(#[source] sqlx::Error),
}

/// The state of a write to a read-only server.
pub(in crate::store) const READ_ONLY: &str = "25006";

/// The server did not answer within the deadline of its client, which is longer than that of a statement: it hangs, or
/// the network drops what is sent.
#[derive(Debug, thiserror::Error)]
#[error("the database did not answer within {0:?}")]
pub(super) struct DeadlineExceeded(pub(super) std::time::Duration);

/// The state of a connection after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionState {
    /// The server refused the statement; the connection is as good as before.
    Reusable,
    /// Its state is not known: it is closed.
    Suspect,
    /// The server is gone, going, or no longer the one that takes writes: all idle connections are as bad as this one.
    ServerGone,
}

impl ConnectionState {
    pub(super) fn of(error: &sqlx::Error) -> Self {
        use sqlx::Error;
        match error {
            Error::Database(refusal) => Self::of_state(refusal.code().as_deref().unwrap_or_default()),
            Error::Io(_) | Error::Tls(_) | Error::Protocol(_) => Self::ServerGone,
            _ => Self::Suspect,
        }
    }

    /// 57014 is a statement's own time-out, one of class 57 that says nothing about the server; 25006 comes from a server
    /// that has become a standby; class 25 (a transaction where none should be) and XX (internal errors) leave a
    /// connection that nobody can vouch for.
    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    fn of_state(state: &str) -> Self {
        match state {
            "57014" => Self::Reusable,
            READ_ONLY => Self::ServerGone,
            // Either the statement was stuck, or the server's clock was set since the connections were made.
            "PD503" => Self::ServerGone,
            _ if state.starts_with("08") || state.starts_with("57") => Self::ServerGone,
            _ if state.is_empty() || state.starts_with("25") || state.starts_with("XX") => Self::Suspect,
            _ => Self::Reusable,
        }
    }
}

impl StoreError {
    /// The error of a statement, by what it tried.
    pub(super) fn of(error: sqlx::Error, access: Access) -> Self {
        let answered = error.as_database_error().is_some_and(|refusal| {
            let state = refusal.code().unwrap_or_default();
            !(state.starts_with("08") || state.starts_with("57P"))
        });
        match Self::from(error) {
            // A server that is asked to stop may still finish a commit.
            Self::Unavailable(source) if access == Access::Write && !answered => Self::OutcomeUnknown(source),
            error => error,
        }
    }

    /// The error of an attempt to get a connection.
    pub(super) fn connecting(error: PoolError<Self>) -> Self {
        match error {
            PoolError::Backend(error) => error,
            error => Self::Unavailable(error.into()),
        }
    }

    /// The error of setting up a connection of this user.
    pub(super) fn of_setup(error: sqlx::Error, user: &str) -> Self {
        let state = error.as_database_error().and_then(|refusal| refusal.code());
        match state.as_deref() {
            // Both come from `set role`.
            Some("22023") => SchemaError::RoleMissing(Box::new(error)).into(),
            Some("42501") => {
                SchemaError::RoleNotGranted { user: user.to_owned(), source: Box::new(error) }.into()
            }
            _ => Self::Unavailable(error.into()),
        }
    }

    /// The error of a check of the database. A statement that the role may not run tells that rights are missing; anywhere
    /// else it may be a row of another tenant.
    pub(super) fn of_check(self) -> Self {
        match self {
            Self::Query(error)
                if error.as_database_error().is_some_and(|it| it.code().as_deref() == Some("42501")) =>
            {
                SchemaError::RightsMissing(Some(Box::new(error))).into()
            }
            error => error,
        }
    }

    /// The error of a statement that had no answer in time.
    pub(super) fn deadline(after: std::time::Duration, access: Access) -> Self {
        let source = Box::new(DeadlineExceeded(after));
        match access {
            Access::Read => Self::Unavailable(source),
            Access::Write => Self::OutcomeUnknown(source),
        }
    }

    /// Tells whether it passes by itself, so that the same can be tried again.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_)
                | Self::ReadOnly(_)
                | Self::OutcomeUnknown(_)
                | Self::ShareExhausted
                | Self::UpgradeInProgress
        )
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let state = error.as_database_error().and_then(|refusal| refusal.code());
        match (&error, state.as_deref()) {
            (sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_), _) => {
                Self::Unavailable(error.into())
            }
            // Raised by spend_token().
            (_, Some("PD409")) => Self::TokenReplayed,
            // Raised by require_release().
            (_, Some("PD426")) => Self::UpgradeInProgress,
            _ if is_missing_function(&error) => SchemaError::FunctionsMissing(Some(Box::new(error))).into(),
            _ if is_missing_table(&error) => SchemaError::TablesMissing.into(),
            (_, Some(READ_ONLY)) => Self::ReadOnly(error.into()),
            (_, Some(state)) if is_passing(state) => Self::Unavailable(error.into()),
            // Class 22 is "data exception", 54 "program limit exceeded".
            (sqlx::Error::Database(refusal), Some(state))
                if state.starts_with("22") || state.starts_with("54") =>
            {
                Self::ValueRefused(Refusal::from(refusal.as_ref()))
            }
            _ => Self::Query(error),
        }
    }
}

/// Every statement calls a function. One that is not there was dropped, or never installed; what a connection still knows of
/// it is an internal error of PostgreSQL's.
fn is_missing_function(error: &sqlx::Error) -> bool {
    let Some(refusal) = error.as_database_error() else { return false };
    match refusal.code().as_deref() {
        Some("42883" | "42704") => true,
        Some("XX000") => refusal.message().starts_with("cache lookup failed"),
        _ => false,
    }
}

/// States that say "not now": connection exceptions (08), lack of resources (53), shutdown and start (57P…), a cancelled
/// statement (57014), a lock that was not had in time (55P03), a deadlock's victim, a statement that came too late (PD503, raised by in_time()).
fn is_passing(state: &str) -> bool {
    ["08", "53", "57"].iter().any(|class| state.starts_with(class))
        || matches!(state, "55P03" | "40P01" | "40001" | "PD503")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_by_itself_counts_as_unavailable() {
        for state in ["08006", "53300", "57P01", "57014", "55P03", "40P01"] {
            assert!(is_passing(state), "{state}");
        }
        for state in ["25P02", "42P01", "22P05", "23505", "42501"] {
            assert!(!is_passing(state), "{state}");
        }
    }

    #[test]
    fn a_connection_is_used_again_only_after_errors_that_leave_it_clean() {
        for (state, expected) in [
            ("PD409", ConnectionState::Reusable),
            ("PD426", ConnectionState::Reusable),
            ("PD503", ConnectionState::ServerGone),
            ("22P05", ConnectionState::Reusable),
            ("23505", ConnectionState::Reusable),
            ("40P01", ConnectionState::Reusable),
            ("53200", ConnectionState::Reusable),
            ("55P03", ConnectionState::Reusable),
            ("57014", ConnectionState::Reusable),
            ("", ConnectionState::Suspect),
            ("25P01", ConnectionState::Suspect),
            ("25P02", ConnectionState::Suspect),
            ("XX000", ConnectionState::Suspect),
            ("08006", ConnectionState::ServerGone),
            ("25006", ConnectionState::ServerGone),
            ("57P01", ConnectionState::ServerGone),
            ("57P03", ConnectionState::ServerGone),
        ] {
            assert_eq!(ConnectionState::of_state(state), expected, "{state}");
        }
        assert_eq!(ConnectionState::of(&sqlx::Error::RowNotFound), ConnectionState::Suspect);
        assert_eq!(ConnectionState::of(&sqlx::Error::Protocol("x".into())), ConnectionState::ServerGone);
    }

    #[test]
    fn after_a_lost_connection_nobody_knows_whether_a_write_was_done() {
        let lost = || sqlx::Error::Protocol("lost".into());
        assert!(matches!(StoreError::of(lost(), Access::Write), StoreError::OutcomeUnknown(_)));
        assert!(matches!(StoreError::of(lost(), Access::Read), StoreError::Unavailable(_)));
    }
}
