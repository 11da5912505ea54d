//! The stored row of a snapshot: its key, its anchor in the stream, its checksum.
//!
//! The checksum's input is part of the stored format: a change here makes every stored snapshot bad.

use std::hash::Hasher as _;

use bytes::Bytes;
use twox_hash::XxHash3_64;
use uuid::Uuid;

use crate::{StreamId, Timestamp, Version, schema::Fingerprint};

/// What a program must have in common with a row to read it. The row's version completes it.
///
/// Programs of different versions have different keys: they neither read nor overwrite each other's rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SnapshotKey {
    /// The aggregate's type (the category) and id.
    pub stream: StreamId,
    /// The aggregate's `schema_version`.
    pub schema_version: u32,
    /// The shape of the state.
    pub fingerprint: Fingerprint,
    /// The codec of the state, with the names of the layers over it.
    pub codec: String,
}

/// A snapshot as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRow {
    /// Whose it is and who can read it.
    pub key: SnapshotKey,
    /// The last version it covers.
    pub version: Version,
    /// The id of the event of that version: the anchor in the stream.
    pub last_event: Uuid,
    /// When it was taken, by the repository's clock.
    pub created_at: Timestamp,
    /// The state's bytes; none for a discarded aggregate.
    pub state: Option<Bytes>,
    /// Over everything above.
    pub checksum: u64,
}

impl SnapshotRow {
    /// A row with its checksum.
    pub fn new(
        key: SnapshotKey,
        version: Version,
        last_event: Uuid,
        created_at: Timestamp,
        state: Option<Bytes>,
    ) -> Self {
        let mut row = Self {
            key,
            version,
            last_event,
            created_at,
            state,
            checksum: 0,
        };
        row.checksum = row.computed_checksum();
        row
    }

    /// Whether nothing was damaged since it was written.
    pub fn is_intact(&self) -> bool {
        self.checksum == self.computed_checksum()
    }

    /// XXH3-64 over every column, each text with its length before it.
    fn computed_checksum(&self) -> u64 {
        fn text(hash: &mut XxHash3_64, text: &[u8]) {
            hash.write(&(text.len() as u64).to_le_bytes());
            hash.write(text);
        }
        let mut hash = XxHash3_64::new();
        text(&mut hash, self.key.stream.as_str().as_bytes());
        text(&mut hash, self.key.codec.as_bytes());
        match &self.state {
            Some(state) => text(&mut hash, state),
            None => hash.write(&u64::MAX.to_le_bytes()),
        }
        hash.write(&self.key.schema_version.to_le_bytes());
        hash.write(self.key.fingerprint.as_bytes());
        hash.write(&self.version.get().to_le_bytes());
        hash.write(self.last_event.as_bytes());
        hash.write(&self.created_at.unix_micros().to_le_bytes());
        hash.finish()
    }
}
