//! Structured logs, to standard error.

mod fields;
mod json;
mod keys;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::io::IsTerminal;
use std::str::FromStr;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use fields::{JsonFields, TextFields};
use json::JsonLines;

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

/// Starts logging to standard error. Standard output is for the results of commands. Text has colours on a terminal only.
pub fn start(format: LogFormat, filter: &str, no_color: bool) {
    let is_terminal = std::io::stderr().is_terminal();
    let json = match format {
        LogFormat::Auto => !is_terminal,
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        // A line that can't be written (full disk, closed pipe) is lost. Reporting that to the same stream would panic.
        .log_internal_errors(false)
        .with_target(false)
        .with_ansi(is_terminal && !no_color);
    if json {
        lines.fmt_fields(JsonFields).event_format(JsonLines).init();
    } else {
        lines.fmt_fields(TextFields).init();
    }
}

/// Returns a duration for a log line: in milliseconds, with two decimals.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 100_000.0).round() / 100.0
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
