//! Structured logs, to standard error.

use std::error::Error;
use std::io::IsTerminal;
use std::str::FromStr;

use tracing_subscriber::EnvFilter;

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// `Text` on a terminal, `Json` otherwise.
    #[default]
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "auto" => Ok(Self::Auto),
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

/// Starts logging to standard error. Standard output is for the results of commands.
pub fn start(format: LogFormat, filter: &str) {
    let json = match format {
        LogFormat::Auto => !std::io::stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        // A line that can't be written (full disk, closed pipe) is lost. Reporting that to the same stream would panic.
        .log_internal_errors(false)
        .with_target(false);
    if json {
        lines.json().with_current_span(true).with_span_list(false).init();
    } else {
        lines.init();
    }
}

/// Joins the texts of an error and its causes. Libraries repeat the text of a cause in their own: each is shown once. Of
/// PostgreSQL's errors, sqlx also shows a line of PostgreSQL's source code, which means nothing to a reader.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut refusal = None;
    for cause in std::iter::successors(Some(error), |&error| error.source()) {
        let text = cause.to_string();
        if let Some(own) = texts.last().and_then(|before| before.strip_suffix(text.as_str())) {
            let own = own.trim_end_matches([':', ' ']).to_owned();
            texts.pop();
            texts.extend(Some(own).filter(|own| !own.is_empty()));
        }
        texts.push(text);
        if let Some(sqlx::Error::Database(error)) = cause.downcast_ref() {
            refusal = Some(error.message().to_owned());
        }
    }
    if let (Some(last), Some(refusal)) = (texts.last_mut(), refusal) {
        *last = refusal;
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the database is not available")]
    struct Unavailable(#[source] sqlx::Error);

    #[test]
    fn a_cause_that_a_library_repeats_is_shown_once() {
        let refused = || sqlx::Error::Io(std::io::Error::other("connection refused"));
        let shown = chain(&Unavailable(refused()));
        assert_eq!(
            shown,
            "the database is not available: error communicating with database: connection refused"
        );
        let migration = sqlx::migrate::MigrateError::Execute(refused());
        let shown = chain(&migration);
        assert_eq!(shown.matches("connection refused").count(), 1, "{shown}");
    }
}
