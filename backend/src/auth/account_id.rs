//! The tenant.

use uuid::Uuid;

/// The account that a caller was proven to belong to. Every query on tenant data needs one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AccountId(Uuid);

impl AccountId {
    /// Only `auth` may say that a caller belongs to an account. Made anywhere else, it would let one
    /// tenant read another's rows.
    pub(super) fn proven(id: Uuid) -> Self {
        Self(id)
    }

    /// The account that the operator names at the command line. Whoever runs that holds the database's
    /// own credentials and needs no others.
    pub(crate) fn named_by_operator(id: Uuid) -> Self {
        Self(id)
    }

    /// The account that a webhook delivery was proven to be about when it was written down.
    pub(crate) fn of_delivery(id: Uuid) -> Self {
        Self(id)
    }

    /// The account of an owner whom the forge itself names as one that has installed our App.
    pub(crate) fn of_installation(id: Uuid) -> Self {
        Self(id)
    }

    /// The id.
    pub(crate) fn get(self) -> Uuid {
        self.0
    }
}
