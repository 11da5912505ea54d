//! What the checks of snapshots write and read with: rows, and a handle that says more in fewer words.

use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use super::{handles::stream, report::Failure};
use crate::{
    Timestamp, Version,
    snapshot::{
        Fingerprint, Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow, SnapshotStore,
    },
};

pub(crate) fn key(id: &str, schema_version: u32) -> Result<SnapshotKey, Failure> {
    Ok(SnapshotKey {
        stream: stream(id)?,
        schema_version,
        fingerprint: Fingerprint::from_bytes([7; 16]),
        codec: "bincode".to_owned(),
    })
}

pub(crate) fn row(key: &SnapshotKey, version: u64) -> SnapshotRow {
    row_with(key, version, format!("state {version}"))
}

pub(crate) fn row_with(key: &SnapshotKey, version: u64, state: impl Into<Bytes>) -> SnapshotRow {
    SnapshotRow::new(
        key.clone(),
        Version::from(version),
        Uuid::now_v7(),
        Timestamp::from_unix_micros(1_700_000_000_123_456),
        Some(state.into()),
    )
}

/// A handle on a snapshot store.
#[derive(Debug, Clone)]
pub(crate) struct Snapshots(pub(super) Arc<dyn SnapshotStore>);

impl Snapshots {
    pub(crate) async fn save(&self, row: &SnapshotRow) -> Result<SavedSnapshot, Failure> {
        Ok(self.0.save(row.clone()).await?)
    }

    /// Saves rows of these versions.
    pub(crate) async fn put(
        &self,
        key: &SnapshotKey,
        versions: &[u64],
    ) -> Result<Vec<SnapshotRow>, Failure> {
        let rows: Vec<_> = versions.iter().map(|version| row(key, *version)).collect();
        for row in &rows {
            let saved = self.save(row).await?;
            if saved != SavedSnapshot::Stored {
                let version = row.version;
                return Err(Failure(format!(
                    "a first row of version {version} was not stored: {saved:?}"
                )));
            }
        }
        Ok(rows)
    }

    pub(crate) async fn look(&self, key: &SnapshotKey, at_most: u64) -> Result<Newest, Failure> {
        Ok(self.0.newest(key, Version::from(at_most)).await?)
    }

    pub(crate) async fn newest(
        &self,
        key: &SnapshotKey,
        at_most: u64,
    ) -> Result<Option<SnapshotRow>, Failure> {
        Ok(match self.look(key, at_most).await? {
            Newest::Found(row) => Some(row),
            Newest::Absent(_) => None,
        })
    }

    /// The other keys that are named where there is no row, in an order of ours.
    pub(crate) async fn others(
        &self,
        key: &SnapshotKey,
        at_most: u64,
    ) -> Result<Vec<SnapshotKey>, Failure> {
        match self.look(key, at_most).await? {
            Newest::Absent(keys) => Ok(sorted(keys)),
            Newest::Found(row) => Err(Failure(format!(
                "a row of version {} was found where the key has none",
                row.version
            ))),
        }
    }

    pub(crate) async fn list(&self, id: &str) -> Result<Vec<SnapshotInfo>, Failure> {
        Ok(self.0.list(&stream(id)?).await?)
    }

    pub(crate) async fn versions(&self, id: &str) -> Result<Vec<u64>, Failure> {
        let list = self.list(id).await?;
        Ok(list.iter().map(|info| info.version.get()).collect())
    }

    pub(crate) async fn delete(&self, info: &SnapshotInfo) -> Result<bool, Failure> {
        Ok(self.0.delete(info).await?)
    }

    pub(crate) async fn prune(&self, key: &SnapshotKey, before: u64) -> Result<u64, Failure> {
        Ok(self.0.prune(key, Version::from(before)).await?)
    }

    pub(crate) async fn delete_category(
        &self,
        category: &str,
        schema_version: Option<u32>,
    ) -> Result<u64, Failure> {
        Ok(self.0.delete_category(category, schema_version).await?)
    }
}

pub(crate) fn sorted(mut keys: Vec<SnapshotKey>) -> Vec<SnapshotKey> {
    keys.sort_by(|a, b| {
        let of = |key: &SnapshotKey| {
            (
                key.stream.clone(),
                key.schema_version,
                key.fingerprint,
                key.codec.clone(),
            )
        };
        of(a).cmp(&of(b))
    });
    keys
}
