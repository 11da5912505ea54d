//! Where snapshots are kept: the trait.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;

use super::{SnapshotKey, SnapshotRow};
use crate::{Result, StreamId, Timestamp, Version};

/// Where snapshots are kept. Stores are handles: a clone shares.
#[async_trait]
pub trait SnapshotStore: Debug + Send + Sync + 'static {
    /// Stores a row under its key and version.
    ///
    /// - Monotonic: whatever order rows of one key arrive in, the one of the highest version is the newest.
    /// - If the key has a row of this version already, nothing is stored; the answer is
    ///   [`SavedSnapshot::Existing`] with that row.
    async fn save(&self, row: SnapshotRow) -> Result<SavedSnapshot>;

    /// The row of the highest version at or below `at_most` with exactly this key.
    ///
    /// - If there is none, says which other keys the stream has rows of, without reading a state.
    /// - Damaged rows are returned as they are: the caller checks them.
    async fn newest(&self, key: &SnapshotKey, at_most: Version) -> Result<Newest>;

    /// All rows of a stream, of every key, by version, without their states.
    async fn list(&self, stream: &StreamId) -> Result<Vec<SnapshotInfo>>;

    /// Removes this row if it is still exactly this one, checksum included; says whether it was.
    async fn delete(&self, row: &SnapshotInfo) -> Result<bool>;

    /// Removes the rows of this key with a version below `before`; says how many.
    async fn prune(&self, key: &SnapshotKey, before: Version) -> Result<u64>;

    /// Removes the rows of all aggregates of this category, of one schema version only if one is given; says how many.
    async fn delete_category(&self, category: &str, schema_version: Option<u32>) -> Result<u64>;
}

/// The answer to [`SnapshotStore::save`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SavedSnapshot {
    /// The row is stored.
    Stored,
    /// There was one of this key and version already: this one. Nothing was stored.
    Existing(SnapshotRow),
}

/// The answer to [`SnapshotStore::newest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Newest {
    /// The newest row of the key.
    Found(SnapshotRow),
    /// The key has none; these other keys of the stream have rows at or below the wanted version (each named once).
    Absent(Vec<SnapshotKey>),
}

/// A stored row without its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotInfo {
    /// Whose it is and who can read it.
    pub key: SnapshotKey,
    /// The last version it covers.
    pub version: Version,
    /// When it was taken.
    pub created_at: Timestamp,
    /// The state's length in bytes; none for a discarded aggregate.
    pub state_len: Option<usize>,
    /// The row's checksum.
    pub checksum: u64,
}

impl From<&SnapshotRow> for SnapshotInfo {
    fn from(row: &SnapshotRow) -> Self {
        Self {
            key: row.key.clone(),
            version: row.version,
            created_at: row.created_at,
            state_len: row.state.as_ref().map(bytes::Bytes::len),
            checksum: row.checksum,
        }
    }
}

// A wrapper that forgot a method would silently lose what the inner store does there.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: SnapshotStore + ?Sized> SnapshotStore for Arc<S> {
    async fn save(&self, row: SnapshotRow) -> Result<SavedSnapshot> {
        (**self).save(row).await
    }

    async fn newest(&self, key: &SnapshotKey, at_most: Version) -> Result<Newest> {
        (**self).newest(key, at_most).await
    }

    async fn list(&self, stream: &StreamId) -> Result<Vec<SnapshotInfo>> {
        (**self).list(stream).await
    }

    async fn delete(&self, row: &SnapshotInfo) -> Result<bool> {
        (**self).delete(row).await
    }

    async fn prune(&self, key: &SnapshotKey, before: Version) -> Result<u64> {
        (**self).prune(key, before).await
    }

    async fn delete_category(&self, category: &str, schema_version: Option<u32>) -> Result<u64> {
        (**self).delete_category(category, schema_version).await
    }
}
