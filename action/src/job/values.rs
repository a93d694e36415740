//! The values that inputs accept, each with one spelling.

use std::str::FromStr;
use std::time::Duration;

use phase_data_wire::repositories::OlderThanSeconds;
use phase_data_wire::{ExpiresInSeconds, Phase, PhaseError};

use crate::text::excerpt;

/// The operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Store,
    Retrieve,
    List,
    Cleanup,
    Restore,
    Sweep,
    Dispatch,
    Doctor,
}

/// The operations in a sentence.
pub(super) const OPERATIONS: &str = "store, retrieve, list, cleanup, restore, sweep, dispatch or doctor";

impl Operation {
    const ALL: [Self; 8] = [
        Self::Store,
        Self::Retrieve,
        Self::List,
        Self::Cleanup,
        Self::Restore,
        Self::Sweep,
        Self::Dispatch,
        Self::Doctor,
    ];

    /// Returns the spelling of the operation.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Retrieve => "retrieve",
            Self::List => "list",
            Self::Cleanup => "cleanup",
            Self::Restore => "restore",
            Self::Sweep => "sweep",
            Self::Dispatch => "dispatch",
            Self::Doctor => "doctor",
        }
    }
}

/// The behaviour of the step if the backend is not reachable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Persistence {
    Required,
    BestEffort,
    Off,
}

/// The format of the document to store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DataFormat {
    /// One JSON value.
    Json,
    /// Any number of JSON values, stored as an array.
    JsonLines,
    /// Text, stored as a string.
    Text,
}

/// The behaviour of the step if nothing is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfNotFound {
    Fail,
    Warn,
    Ignore,
}

impl FromStr for Operation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|operation| operation.as_str() == text);
        known.ok_or_else(|| format!("unknown operation {:?}: use {OPERATIONS}", excerpt(text)))
    }
}

impl FromStr for Persistence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "required" => Ok(Self::Required),
            "best-effort" => Ok(Self::BestEffort),
            "off" => Ok(Self::Off),
            _ => Err(format!("use required, best-effort or off (got {:?})", excerpt(text))),
        }
    }
}

impl FromStr for DataFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "json-lines" => Ok(Self::JsonLines),
            "text" => Ok(Self::Text),
            _ => Err(format!("use json, json-lines or text (got {:?})", excerpt(text))),
        }
    }
}

impl FromStr for IfNotFound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "fail" => Ok(Self::Fail),
            "warn" => Ok(Self::Warn),
            "ignore" => Ok(Self::Ignore),
            _ => Err(format!("use fail, warn or ignore (got {:?})", excerpt(text))),
        }
    }
}

/// Parses the phase of a store.
pub(super) fn one_phase(text: &str) -> Result<Phase, String> {
    match text.parse() {
        Err(PhaseError::Several(_)) => Err(format!(
            "store and list take one phase: run the operation once for each (got {:?})",
            excerpt(text)
        )),
        parsed => parsed.map_err(|error| error.to_string()),
    }
}

/// Parses comma-separated phases in the given order. An empty text means all.
pub(super) fn phases(text: &str) -> Result<Vec<Phase>, String> {
    let mut phases = Vec::new();
    for name in text.split(',').map(str::trim).filter(|_| !text.is_empty()) {
        if name.is_empty() {
            return Err("a phase is missing beside a comma: write them like scan,validate".to_owned());
        }
        let phase = name.parse().map_err(|error| match error {
            PhaseError::Several(text) => {
                format!("separate phases by commas, like scan,validate (got {text:?})")
            }
            error => error.to_string(),
        })?;
        if phases.contains(&phase) {
            return Err(format!("{phase} is named twice"));
        }
        phases.push(phase);
    }
    Ok(phases)
}

/// Parses a timeout of 1 to 3600 seconds.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(seconds @ 1..=3600) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("use a whole number of seconds from 1 to 3600 (got {:?})", excerpt(text))),
    }
}

/// Parses a wait of 0 to 3600 seconds.
pub(super) fn wait(text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(seconds @ 0..=3600) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("use a whole number of seconds from 0 to 3600 (got {:?})", excerpt(text))),
    }
}

/// Parses a lifetime like `12h`, `30d` or `8w`.
pub(super) fn lifetime(text: &str) -> Result<ExpiresInSeconds, String> {
    let lifetime = in_seconds(text).and_then(|seconds| ExpiresInSeconds::try_from(seconds).ok());
    lifetime.ok_or_else(|| not_a_duration(text))
}

/// Parses an age like `12h`, `30d` or `8w`.
pub(super) fn age(text: &str) -> Result<OlderThanSeconds, String> {
    let age = in_seconds(text).and_then(|seconds| seconds.to_string().parse().ok());
    age.ok_or_else(|| not_a_duration(text))
}

/// Returns the seconds of a number with its unit.
fn in_seconds(text: &str) -> Option<i64> {
    let split = text.len() - text.chars().next_back().map_or(0, char::len_utf8);
    let (count, unit) = text.split_at(split);
    let unit = match unit {
        "m" => Some(60_i64),
        "h" => Some(60 * 60),
        "d" => Some(24 * 60 * 60),
        "w" => Some(7 * 24 * 60 * 60),
        _ => None,
    };
    let count = count.parse::<u32>().ok().filter(|_| !count.starts_with('+')).map(i64::from);
    unit.zip(count).and_then(|(unit, count)| unit.checked_mul(count))
}

fn not_a_duration(text: &str) -> String {
    format!("use a whole number and m, h, d or w, like 30d, from 1m to 3650d (got {:?})", excerpt(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_a_whole_number_of_seconds() {
        assert_eq!(seconds("30"), Ok(Duration::from_secs(30)));
        for wrong in ["0", "3601", "1.5", "30s", "-1", ""] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_life_is_a_number_and_its_unit() {
        for (text, seconds) in [("1m", 60), ("12h", 43_200), ("30d", 2_592_000), ("8w", 4_838_400)] {
            assert_eq!(lifetime(text).map(ExpiresInSeconds::get), Ok(seconds), "{text}");
            assert_eq!(age(text).map(OlderThanSeconds::get), Ok(seconds), "{text}");
        }
        for wrong in ["", "d", "30", "+30d", "-1d", "30D", "30 d", "1.5d", "0d", "3651d", "4294967296w", "3ü"]
        {
            assert!(lifetime(wrong).is_err(), "{wrong}");
            assert!(age(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn phases_keep_their_order_and_are_named_once() {
        assert_eq!(phases(""), Ok(Vec::new()));
        assert_eq!(phases("validate, scan"), Ok(vec![Phase::Validate, Phase::Scan]));
        for wrong in ["scan,", ",scan", "scan,,validate", "scan,scan", "scan validate", "scan,Validate"] {
            assert!(phases(wrong).is_err(), "{wrong}");
        }
        assert!(one_phase("scan,validate").is_err());
    }

    #[test]
    fn words_have_one_spelling() {
        assert_eq!("store".parse(), Ok(Operation::Store));
        assert!("Store".parse::<Operation>().is_err());
        assert_eq!("warn".parse(), Ok(IfNotFound::Warn));
        assert!("warning".parse::<IfNotFound>().is_err());
    }
}
