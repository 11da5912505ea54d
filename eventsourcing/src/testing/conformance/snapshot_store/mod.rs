//! The checks of `SnapshotStore`, a module for each method.

pub(super) mod delete;
pub(super) mod delete_category;
pub(super) mod list;
pub(super) mod newest;
pub(super) mod prune;
pub(super) mod save;

use super::prelude::*;
use crate::snapshot::{Fingerprint, SnapshotKey};

/// A key, and others that differ from it in one column each (its stream excepted).
fn neighbours(id: &str) -> Result<(SnapshotKey, [SnapshotKey; 3]), Failure> {
    let key = key(id, 1)?;
    let mut others = [key.clone(), key.clone(), key.clone()];
    others[0].schema_version = 2;
    others[1].fingerprint = Fingerprint::from_bytes([8; 16]);
    "json".clone_into(&mut others[2].codec);
    Ok((key, others))
}
