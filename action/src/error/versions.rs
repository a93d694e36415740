//! The versions of the action and of the backend.

use std::cmp::Ordering;

/// The version of a backend that is not the action's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    backend: String,
    /// The backend's version, compared with the action's. `None`: they can't be ordered.
    order: Option<Ordering>,
}

/// The version of this action.
const OWN: &str = env!("CARGO_PKG_VERSION");

impl Versions {
    /// Compares the backend's version with the action's. `None` if they are the same.
    pub(crate) fn of(backend: &str) -> Option<Self> {
        (backend != OWN).then(|| Self { backend: backend.to_owned(), order: order(backend, OWN) })
    }

    /// Says which of the two to update.
    pub(super) fn hint(&self) -> String {
        let Self { backend, order } = self;
        match order {
            Some(Ordering::Less) => format!(
                "The backend (version {backend}) is older than this action (version {OWN}), and may not have what this \
                 operation needs. Update the backend, or use the action of its version."
            ),
            Some(Ordering::Greater) => format!(
                "The backend (version {backend}) is newer than this action (version {OWN}). Use the action of its version."
            ),
            _ => format!(
                "The backend has version {backend}, and this action version {OWN}. Use the same version of both."
            ),
        }
    }
}

/// Compares two versions by their numbers. `None` if one has none.
fn order(one: &str, other: &str) -> Option<Ordering> {
    Some(parsed(one)?.cmp(&parsed(other)?))
}

/// Returns the three numbers of a version.
fn parsed(version: &str) -> Option<[u32; 3]> {
    let numbers = version.split(['-', '+']).next()?;
    let numbers: Vec<u32> = numbers.split('.').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_their_numbers() {
        for (older, newer) in [("0.9.0", "0.10.0"), ("0.1.9", "0.2.0"), ("1.2.3-rc.1", "2.0.0+abc")] {
            assert_eq!(order(older, newer), Some(Ordering::Less), "{older} {newer}");
        }
        assert_eq!(order("1.2", "1.2.3"), None);
        assert_eq!(Versions::of(OWN), None);
        for (backend, said) in [
            ("0.0.1", "is older than this action"),
            ("99.0.0", "is newer than this action"),
            ("main", "has version main"),
            (&format!("{OWN}+abc"), "Use the same version of both"),
        ] {
            let hint = Versions::of(backend).map(|versions| versions.hint());
            assert!(hint.as_ref().is_some_and(|hint| hint.contains(said)), "{backend}: {hint:?}");
        }
    }
}
