//! Moments by the database's clock, which a test learns from outside only so exactly.

/// The effect of a step is not specified, or depends on times that are not known exactly. The step is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Unspecified(pub(in super::super) &'static str);

/// A moment in microseconds since 1970: not before the one and not after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Moment {
    pub(in super::super) earliest: i64,
    pub(in super::super) latest: i64,
}

/// A second in microseconds.
pub(in super::super) const SECOND: i64 = 1_000_000;

impl Default for Moment {
    /// Before all others.
    fn default() -> Self {
        Self::exactly(i64::MIN / 2)
    }
}

impl Moment {
    /// Exactly this many microseconds.
    pub(in super::super) fn exactly(micros: i64) -> Self {
        Self { earliest: micros, latest: micros }
    }

    /// The beginning of a second.
    pub(in super::super) fn second(seconds: i64) -> Self {
        Self::exactly(seconds * SECOND)
    }

    /// So much later.
    pub(in super::super) fn after(self, micros: i64) -> Self {
        Self { earliest: self.earliest + micros, latest: self.latest + micros }
    }

    /// Returns `true` if this is before another moment.
    pub(in super::super) fn is_before(self, other: Self) -> Result<bool, Unspecified> {
        match self {
            _ if self.latest < other.earliest => Ok(true),
            _ if self.earliest >= other.latest => Ok(false),
            _ => Err(Unspecified("two moments of which it is not known which came first")),
        }
    }

    /// Returns `true` if this is after the second of another moment.
    pub(in super::super) fn is_in_a_later_second(self, other: Self) -> Result<bool, Unspecified> {
        let second = |micros: i64| micros.div_euclid(SECOND) * SECOND;
        other.is_before(Self { earliest: second(self.earliest), latest: second(self.latest) })
    }

    /// Returns `true` if this is in the second that begins with another moment.
    pub(in super::super) fn is_in_second(self, second: Self) -> Result<bool, Unspecified> {
        Ok(!self.is_before(second)? && self.is_before(second.after(SECOND))?)
    }

    /// The later one.
    pub(in super::super) fn max(self, other: Self) -> Self {
        Self { earliest: self.earliest.max(other.earliest), latest: self.latest.max(other.latest) }
    }

    /// This, or at the latest the other one.
    pub(in super::super) fn until(self, other: Self) -> Self {
        Self { earliest: self.earliest, latest: self.latest.max(other.latest) }
    }
}
