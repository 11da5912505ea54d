//! What is told of a snapshot that is not what its events say.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use crate::{Version, aggregate::Aggregate, snapshot::SnapshotRow};

/// A snapshot whose state isn't the one that replaying its events gives; see
/// [`RepositoryBuilder::verify_snapshots`](crate::RepositoryBuilder::verify_snapshots).
pub struct SnapshotDifference<A: Aggregate> {
    pub(super) id: A::Id,
    pub(super) row: SnapshotRow,
    pub(super) stored: Option<A>,
    pub(super) replayed: Option<Arc<A>>,
}

impl<A: Aggregate> SnapshotDifference<A> {
    /// The aggregate's id.
    pub fn id(&self) -> &A::Id {
        &self.id
    }

    /// The snapshot's version.
    pub fn version(&self) -> Version {
        self.row.version
    }

    /// The row as it was stored: a repair may have replaced it in the store.
    pub fn row(&self) -> &SnapshotRow {
        &self.row
    }

    /// The snapshot's state; none: it says that the aggregate was discarded.
    pub fn stored(&self) -> Option<&A> {
        self.stored.as_ref()
    }

    /// What replaying the events up to its version gives; none: the aggregate was discarded.
    pub fn replayed(&self) -> Option<&A> {
        self.replayed.as_deref()
    }

    /// The snapshot's state as JSON: `null` for none. What has no form in JSON says so.
    pub fn stored_json(&self) -> String {
        json(self.stored())
    }

    /// The replayed state as JSON, as [`stored_json`](Self::stored_json).
    pub fn replayed_json(&self) -> String {
        json(self.replayed())
    }

    pub(super) fn report(&self) {
        tracing::error!(
            stream = %self.row.key.stream,
            version = self.row.version.get(),
            created_at = %self.row.created_at,
            stored = self.stored_json(),
            replayed = self.replayed_json(),
            "the snapshot of {:?} is not what its events give, and is not used any more: was a handler changed without a \
             bump of `schema_version`, or does one depend on more than its event?",
            A::NAME,
        );
    }
}

fn json<A: Aggregate>(state: Option<&A>) -> String {
    // For people: not the codec, which refuses what it can't read back.
    let written = catch_unwind(AssertUnwindSafe(|| serde_json::to_string(&state)));
    match written {
        Ok(Ok(json)) => json,
        Ok(Err(error)) => format!("can't be JSON: {error}"),
        Err(_) => "can't be JSON: its serialization panicked".to_owned(),
    }
}

impl<A: Aggregate> fmt::Debug for SnapshotDifference<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnapshotDifference")
            .field("id", &self.id)
            .field("version", &self.row.version)
            .field("stored", &self.stored)
            .field("replayed", &self.replayed)
            .finish_non_exhaustive()
    }
}
