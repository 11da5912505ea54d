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
    /// - Rows of different keys never touch each other: stream, schema version, fingerprint and codec each tell keys apart.
    /// - Every column comes back as it was given, those of a damaged row too; no state isn't an empty state.
    /// - Of several saves of one key and version at once exactly one is stored, the others are answered with its row.
    /// - Once it is answered the row is there for every handle on the same data, also after the store was closed and
    ///   opened again.
    /// - A version beyond [`Version::MAX`] is [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge).
    async fn save(&self, row: SnapshotRow) -> Result<SavedSnapshot>;

    /// Looks for the row to load from.
    ///
    /// - It is the row of the highest version at or below `at_most` with exactly this key.
    /// - If there is none, says which other keys the stream has rows of at or below `at_most`, each once, without reading a
    ///   state.
    /// - Damaged rows are returned as they are: the caller checks them.
    async fn newest(&self, key: &SnapshotKey, at_most: Version) -> Result<Newest>;

    /// The rows of a stream, without their states.
    ///
    /// - They are all rows of the stream, of every key, and of no other stream.
    /// - They come by version.
    /// - Each says what was stored: key, version, creation time, checksum, and the state's length, none for no state.
    async fn list(&self, stream: &StreamId) -> Result<Vec<SnapshotInfo>>;

    /// Removes one row.
    ///
    /// - Only if it is still exactly this one: key, version, creation time and checksum.
    /// - Says whether it was; of several that remove one row at once, one is told so.
    /// - No other row is touched, and the version can be saved again.
    async fn delete(&self, row: &SnapshotInfo) -> Result<bool>;

    /// Removes old rows of a key.
    ///
    /// - They are the rows of exactly this key with a version below `before`; all others stay.
    /// - Says how many.
    async fn prune(&self, key: &SnapshotKey, before: Version) -> Result<u64>;

    /// Removes the rows of all aggregates of a category.
    ///
    /// - The category is compared exactly; rows of other categories, and events, stay.
    /// - If a schema version is given, rows of other schema versions stay.
    /// - Says how many.
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
