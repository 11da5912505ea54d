//! The faults of the snapshot store that lives with a faulty event store.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use super::{Call, Fault, Faults, Operation};
use crate::{
    Result, StreamId, Version,
    snapshot::{Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow, SnapshotStore},
};

pub(super) struct FaultySnapshots {
    pub(super) inner: Arc<dyn SnapshotStore>,
    pub(super) faults: Arc<Faults>,
}

impl FaultySnapshots {
    async fn stale(
        &self,
        call: &mut Call<'_>,
        key: &SnapshotKey,
        newest: Newest,
    ) -> Result<Newest> {
        let Newest::Found(row) = newest else {
            return Ok(newest);
        };
        call.done();
        let before = Version::new(row.version.get().saturating_sub(1));
        self.inner.newest(key, before).await
    }
}

/// The row with the first half of its state, its checksum as it was.
fn tear(call: &mut Call<'_>, row: SnapshotRow) -> SnapshotRow {
    let state = match row.state {
        Some(state) if !state.is_empty() => {
            call.done();
            Some(state.slice(..state.len() / 2))
        }
        state => state,
    };
    SnapshotRow { state, ..row }
}

impl fmt::Debug for FaultySnapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultySnapshots")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

// A wrapper that forgot a method would silently lose what the inner store does there.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl SnapshotStore for FaultySnapshots {
    async fn save(&self, row: SnapshotRow) -> Result<SavedSnapshot> {
        let stream = row.key.stream.clone();
        let mut call = self
            .faults
            .begin(Operation::SaveSnapshot, Some(&stream))
            .await?;
        let row = match call.fault() {
            Some(Fault::Torn) => tear(&mut call, row),
            _ => row,
        };
        let saved = self.inner.save(row).await;
        call.end(saved).await
    }

    async fn newest(&self, key: &SnapshotKey, at_most: Version) -> Result<Newest> {
        let mut call = self
            .faults
            .begin(Operation::NewestSnapshot, Some(&key.stream))
            .await?;
        let newest = self.inner.newest(key, at_most).await;
        let newest = match (newest, call.fault()) {
            (Ok(newest), Some(Fault::Stale(_))) => self.stale(&mut call, key, newest).await,
            (Ok(Newest::Found(row)), Some(Fault::Torn)) => Ok(Newest::Found(tear(&mut call, row))),
            (newest, _) => newest,
        };
        call.end(newest).await
    }

    async fn list(&self, stream: &StreamId) -> Result<Vec<SnapshotInfo>> {
        let mut call = self
            .faults
            .begin(Operation::ListSnapshots, Some(stream))
            .await?;
        let mut rows = self.inner.list(stream).await;
        if let (Ok(rows), Some(Fault::Stale(_))) = (&mut rows, call.fault())
            && rows.pop().is_some()
        {
            call.done();
        }
        call.end(rows).await
    }

    async fn delete(&self, row: &SnapshotInfo) -> Result<bool> {
        let call = self
            .faults
            .begin(Operation::DeleteSnapshot, Some(&row.key.stream))
            .await?;
        let deleted = self.inner.delete(row).await;
        call.end(deleted).await
    }

    async fn prune(&self, key: &SnapshotKey, before: Version) -> Result<u64> {
        let call = self
            .faults
            .begin(Operation::PruneSnapshots, Some(&key.stream))
            .await?;
        let pruned = self.inner.prune(key, before).await;
        call.end(pruned).await
    }

    async fn delete_category(&self, category: &str, schema_version: Option<u32>) -> Result<u64> {
        let call = self.faults.begin(Operation::DeleteCategory, None).await?;
        let deleted = self.inner.delete_category(category, schema_version).await;
        call.end(deleted).await
    }
}
