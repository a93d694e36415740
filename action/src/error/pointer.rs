//! A JSON pointer without a match.

/// A pointer has no match. Names positions, never stored content.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    /// The object has no such member.
    #[error("the object at {at} has no member {name:?}")]
    NoMember {
        /// The position of the object.
        at: String,
        /// The requested member.
        name: String,
    },
    /// The array has no such element.
    #[error("the array at {at} has {length} elements, counted from 0, and no element {name:?}")]
    NoElement {
        /// The position of the array.
        at: String,
        /// The number of its elements.
        length: usize,
        /// The requested element.
        name: String,
    },
    /// The value is neither an object nor an array.
    #[error("the value at {at} is {kind}, and contains no {name:?}")]
    Scalar {
        /// The position of the value.
        at: String,
        /// The kind of the value.
        kind: &'static str,
        /// The requested member or element.
        name: String,
    },
}
