//! `Historical`: a past state, which nothing can save.

use std::{fmt, ops::Deref, sync::Arc};

use super::Aggregate;
use crate::{Timestamp, Version};

/// An aggregate as it was at some version. It derefs to the state; no method of any repository takes it.
pub struct Historical<A: Aggregate> {
    id: A::Id,
    version: Version,
    recorded_at: Option<Timestamp>,
    state: Arc<A>,
}

impl<A: Aggregate> Historical<A> {
    pub(crate) fn new(
        id: A::Id,
        version: Version,
        recorded_at: Option<Timestamp>,
        state: Arc<A>,
    ) -> Self {
        Self {
            id,
            version,
            recorded_at,
            state,
        }
    }

    /// Its id.
    pub fn id(&self) -> &A::Id {
        &self.id
    }

    /// The version of this state: how many events are folded in.
    pub fn version(&self) -> Version {
        self.version
    }

    /// When the event of that version was stored.
    pub fn recorded_at(&self) -> Option<Timestamp> {
        self.recorded_at
    }

    /// The state. The same as dereferencing, for where a method's name clashes.
    pub fn state(&self) -> &A {
        &self.state
    }
}

impl<A: Aggregate> Clone for Historical<A> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            version: self.version,
            recorded_at: self.recorded_at,
            state: Arc::clone(&self.state),
        }
    }
}

impl<A: Aggregate> Deref for Historical<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.state
    }
}

impl<A: Aggregate> fmt::Debug for Historical<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Historical")
            .field("id", &self.id)
            .field("version", &self.version)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
