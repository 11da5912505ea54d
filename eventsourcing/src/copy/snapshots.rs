//! Snapshots, once their events are there. They are caches: what doesn't fit stays behind.

use super::{Phase, Progress};
use crate::{
    Position, Result, StreamId, Version,
    snapshot::{Newest, SavedSnapshot, SnapshotStore},
    store::{EventStore, ReadAll},
};

/// Those of all streams that begin at or before this place. Answers how many were stored.
pub(super) async fn copy(
    source: &dyn EventStore,
    target: &dyn EventStore,
    last: Option<Position>,
    watch: &mut (dyn FnMut(Progress) + Send),
) -> Result<u64> {
    let (Some(from), Some(to)) = (source.snapshot_store(), target.snapshot_store()) else {
        return Ok(0);
    };
    let mut read = ReadAll {
        first_only: true,
        ..ReadAll::default()
    };
    let (mut done, phase) = (0, Phase::Snapshots);
    loop {
        let page = source.read_all(read.clone()).await?;
        for first in page.iter() {
            if last.is_some_and(|last| first.position <= last) {
                let stream = StreamId::parse(first.stream)?;
                done += of_stream(&*from, &*to, target, &stream).await?;
            }
        }
        watch(Progress { phase, done });
        let Some(event) = page.last() else {
            return Ok(done);
        };
        read.after = Some(event.position);
    }
}

async fn of_stream(
    from: &dyn SnapshotStore,
    to: &dyn SnapshotStore,
    target: &dyn EventStore,
    stream: &StreamId,
) -> Result<u64> {
    let rows = from.list(stream).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let head = target.head(stream).await?;
    let mut done = 0;
    for info in rows.iter().filter(|info| fits(info.version, head)) {
        // By the time it may be gone, or damaged.
        let Newest::Found(row) = from.newest(&info.key, info.version).await? else {
            continue;
        };
        if row.version == info.version && row.is_intact() {
            done += u64::from(to.save(row).await? == SavedSnapshot::Stored);
        }
    }
    Ok(done)
}

/// One that is ahead of what was copied would be taken for one of another history, and removed.
fn fits(version: Version, head: Version) -> bool {
    Version::ZERO < version && version <= head
}
