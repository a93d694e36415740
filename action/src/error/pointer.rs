//! A JSON pointer that leads to nothing.

/// Why a pointer leads to nothing. It names places, never stored content.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    /// The object has no such member.
    #[error("the object at {at} has no member {name:?}")]
    NoMember {
        /// Where the object is.
        at: String,
        /// The member that was looked for.
        name: String,
    },
    /// The array has no such element.
    #[error("the array at {at} has {length} elements, counted from 0, and none is number {name:?}")]
    NoElement {
        /// Where the array is.
        at: String,
        /// How many elements it has.
        length: usize,
        /// The element that was looked for.
        name: String,
    },
    /// The value is no object and no array.
    #[error("the value at {at} is {kind}, and has no {name:?} in it")]
    Scalar {
        /// Where the value is.
        at: String,
        /// What the value is.
        kind: &'static str,
        /// What was looked for in it.
        name: String,
    },
}
