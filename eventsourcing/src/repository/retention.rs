//! Removing snapshots: what the retention doesn't keep, and those of other schema versions.
//!
//! What must hold here: the newest good snapshot is never removed, whatever lies above it; nothing but rows of our own
//! key is removed, each only if it is still the same; and nothing that goes wrong here fails a save or a load.

use std::borrow::Borrow;

use super::{Inner, Repository, budget::Budget, load::located, snapshots::no_store};
use crate::{
    Result, StreamId, Version,
    aggregate::Aggregate,
    snapshot::{Newest, SnapshotInfo, SnapshotRow, SnapshotStore},
    store::ReadStream,
};

/// How many rows one save may remove beside its own: what a new retention finds is spread over the next saves.
const MOST_AFTER_A_SAVE: usize = 64;

impl<A: Aggregate> Repository<A> {
    /// Removes the snapshots of this aggregate that the [retention](crate::snapshot::Retention) doesn't keep; says how many.
    ///
    /// Only those of this program's own key (schema version, shape, codec). The newest good one is always kept; damaged
    /// ones above it are left to the loads, which replace them. [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported)
    /// without a snapshot store.
    pub async fn prune(&self, id: impl Borrow<A::Id>) -> Result<u64> {
        let id = id.borrow();
        let pruned = async {
            let stream = StreamId::of::<A>(id)?;
            let store = self.inner.snapshots.as_ref().ok_or_else(no_store)?;
            self.inner.prune(&**store, &stream, None, usize::MAX).await
        };
        pruned
            .await
            .map_err(|error| located::<A>(error, "prune", id))
    }

    /// As [`prune`](Self::prune), for each aggregate of this type. Ends at the first error; what was removed is removed.
    pub async fn prune_all(&self) -> Result<u64> {
        let mut ids = self.ids();
        let mut removed = 0;
        while let Some(id) = ids.next().await {
            removed += self.prune(id?).await?;
        }
        Ok(removed)
    }

    /// Removes all snapshots of this type that programs with this `schema_version` took, whatever their codec; says how
    /// many. For after a bump, when no program of the old version runs any more.
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) without a snapshot store.
    pub async fn delete_snapshots_of(&self, schema_version: u32) -> Result<u64> {
        let deleted = async {
            let store = self.inner.snapshots.as_ref().ok_or_else(no_store)?;
            store.delete_category(A::NAME, Some(schema_version)).await
        };
        deleted
            .await
            .map_err(|error| error.of_call("delete_snapshots_of"))
    }
}

impl<A: Aggregate> Inner<A> {
    /// After this row was stored, within what is left of the budget. Trouble is reported, and the next time does it.
    pub(super) async fn retain(
        &self,
        store: &dyn SnapshotStore,
        row: &SnapshotRow,
        budget: Budget,
    ) {
        if self.retention.keeps_all() {
            return;
        }
        let (stream, good) = (&row.key.stream, Some(row.version));
        let pruned = budget.spend(self.prune(store, stream, good, MOST_AFTER_A_SAVE));
        if let Err(trouble) = pruned.await {
            let error = trouble.into_error();
            tracing::warn!(%stream, %error, "old snapshots not removed");
        }
    }

    /// Removes at most so many rows. The row of the version `good` is known to be good.
    async fn prune(
        &self,
        store: &dyn SnapshotStore,
        stream: &StreamId,
        good: Option<Version>,
        at_most: usize,
    ) -> Result<u64> {
        let key = self.key(stream);
        let mut rows = store.list(stream).await?;
        rows.retain(|row| row.key == key);
        // What is above the newest good one is none of the retention's: it counts for nothing, and loads deal with it.
        while let Some(newest) = rows.last()
            && good != Some(newest.version)
            && !self.is_good(store, newest).await?
        {
            rows.pop();
        }
        let mut removed = 0;
        for row in self
            .retention
            .doomed(&rows, self.clock.now())
            .into_iter()
            .take(at_most)
        {
            if store.delete(row).await? {
                removed += 1;
                self.counters.pruned();
            }
        }
        Ok(removed)
    }

    /// Whether a load would begin at this row.
    async fn is_good(&self, store: &dyn SnapshotStore, info: &SnapshotInfo) -> Result<bool> {
        let row = match store.newest(&info.key, info.version).await? {
            Newest::Found(row)
                if row.version == info.version && row.is_intact() && !self.is_quarantined(&row) =>
            {
                row
            }
            _ => return Ok(false),
        };
        let stream = &info.key.stream;
        let read = ReadStream::from(row.version).up_to(row.version).limit(1);
        let page = self.events.read_stream(stream, read).await?;
        let Some(anchor) = page.first().filter(|first| first.id == row.last_event) else {
            return Ok(false);
        };
        let alive = self.leaves_alive(stream, &anchor).ok().flatten();
        let says_so = alive.is_none_or(|alive| alive == row.state.is_some());
        let opens = match self.open_snapshot(&row) {
            Ok(Some(bytes)) => self.decode_state(&bytes).is_ok(),
            Ok(None) => true,
            Err(_) => false,
        };
        Ok(says_so && opens)
    }
}
