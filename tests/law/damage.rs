//! Damage to stored snapshots, and restored streams. Nothing here is done by the library.

use std::sync::Arc;

use eventsourcing::{
    EventStore, StreamId, Version,
    snapshot::{Fingerprint, Newest, SnapshotInfo, SnapshotKey, SnapshotRow, SnapshotStore},
    store::{Commit, NewEvent, ReadAll, ReadStream, StreamCommit},
};
use uuid::Uuid;

use crate::{
    domain::{Account, Reshaped, Today},
    steps::{Damage, IDS},
    world::{Bed, Place},
};

pub(crate) fn stream(id: &str) -> StreamId {
    StreamId::new("account", id).expect("a valid id")
}

/// All rows of an id, whoever wrote them.
pub(crate) async fn rows(snapshots: &dyn SnapshotStore, id: &str) -> Vec<SnapshotRow> {
    let mut rows = Vec::new();
    for info in snapshots
        .list(&stream(id))
        .await
        .expect("a good store lists")
    {
        let newest = snapshots.newest(&info.key, info.version).await;
        if let Newest::Found(row) = newest.expect("a good store reads") {
            rows.push(row);
        }
    }
    rows
}

/// The same row with a checksum that fits.
fn sealed(row: SnapshotRow) -> SnapshotRow {
    SnapshotRow::new(
        row.key,
        row.version,
        row.last_event,
        row.created_at,
        row.state,
    )
}

pub(crate) async fn damage(bed: &mut Bed, id: &str, damage: Damage, pick: usize) {
    let snapshots = bed.raw.snapshot_store().expect("it has one");
    let rows = rows(&*snapshots, id).await;
    let Some(row) = rows.get(pick % rows.len().max(1)).cloned() else {
        return;
    };
    bed.tally.damaged += 1;
    let copies = matches!(
        damage,
        Damage::Ahead
            | Damage::OtherId
            | Damage::OtherSchema
            | Damage::OtherShape
            | Damage::OtherCodec
            | Damage::OtherVersion
    );
    if !copies {
        let info = SnapshotInfo::from(&row);
        snapshots.delete(&info).await.expect("a good store deletes");
    }
    let Some(bad) = damaged(row, damage, pick) else {
        return;
    };
    let before = Newest::Found(bad.clone());
    snapshots
        .save(bad.clone())
        .await
        .expect("a good store saves");
    // There may have been a good row of that key and version, which stays.
    if snapshots
        .newest(&bad.key, bad.version)
        .await
        .expect("a good store reads")
        == before
    {
        bed.planted.insert(bad.checksum);
    }
}

fn damaged(mut row: SnapshotRow, damage: Damage, pick: usize) -> Option<SnapshotRow> {
    match damage {
        Damage::BitFlip => {
            match row.state.as_ref().filter(|state| !state.is_empty()) {
                Some(state) if !pick.is_multiple_of(5) => {
                    let mut bytes = state.to_vec();
                    let at = pick % bytes.len();
                    bytes[at] ^= 1 << (pick % 8);
                    row.state = Some(bytes.into());
                }
                _ => row.checksum ^= 1 << (pick % 64),
            }
            return Some(row);
        }
        // The checksum covers the key: a row that only was moved doesn't fit. (With one that fits it would be a forgery,
        // which only its own program could tell from a row of its own.)
        Damage::OtherSchema => {
            row.key.schema_version = 3 - row.key.schema_version;
            return Some(row);
        }
        Damage::OtherShape => {
            let today = Fingerprint::of_state::<Today>();
            row.key.fingerprint = if row.key.fingerprint == today {
                Fingerprint::of_state::<Reshaped>()
            } else {
                today
            };
            return Some(row);
        }
        Damage::OtherCodec => {
            let other = if row.key.codec == "json" {
                "bincode"
            } else {
                "json"
            };
            other.clone_into(&mut row.key.codec);
            return Some(row);
        }
        Damage::Deleted => return None,
        Damage::Undecodable => {
            let mut bytes = row.state.as_ref()?.to_vec();
            if pick.is_multiple_of(2) {
                bytes.truncate(bytes.len() / 2);
            } else {
                bytes.push(b'!');
            }
            row.state = Some(bytes.into());
        }
        Damage::NoState => {
            row.state = row
                .state
                .as_ref()
                .map_or_else(|| Some("{}".into()), |_| None);
        }
        Damage::WrongAnchor => row.last_event = Uuid::now_v7(),
        Damage::OtherVersion => {
            let by = 1 + pick as u64 % 3;
            let version = row.version.get();
            row.version = Version::from(if pick.is_multiple_of(2) || version <= by {
                version + by
            } else {
                version - by
            });
        }
        Damage::Ahead => row.version = Version::from(row.version.get() + 1_000),
        Damage::OtherId => row.key.stream = stream(IDS[pick % IDS.len()]),
    }
    Some(sealed(row))
}

/// Another store with the events of this one, but only the first part of one stream; all snapshots are there. Ids, commits
/// and contents of the events stay.
pub(crate) async fn restore(bed: &mut Bed, id: &str, percent: usize) {
    let old = Arc::clone(&bed.raw);
    match &mut bed.place {
        Place::Memory | Place::Sparse => {}
        Place::Sqlite { file, .. } => *file += 1,
        Place::Postgres { schema, .. } => schema.push('+'),
    }
    bed.raw = bed.place.open().await;
    bed.tally.restores += 1;
    let kept = kept(&*old, id, percent).await;
    let mut after = None;
    loop {
        let read = ReadAll {
            after,
            ..ReadAll::default()
        };
        let page = old.read_all(read).await.expect("a good store reads");
        for row in page.iter() {
            after = Some(row.position);
            let restored = StreamId::parse(row.stream).expect("a valid stream");
            if restored.id() == id && row.version.get() > kept {
                continue;
            }
            let event = NewEvent {
                id: row.id,
                name: row.name.to_owned().into(),
                event_version: row.event_version,
                codec: row.codec.to_owned().into(),
                payload: row.payload.to_vec().into(),
                metadata: row.metadata.to_vec().into(),
            };
            let part = StreamCommit {
                stream: restored,
                expected: Version::from(row.version.get() - 1),
                after: None,
                events: vec![event],
            };
            let commit = Commit {
                id: row.commit_id,
                streams: vec![part],
            };
            bed.raw.append(commit).await.expect("a good store appends");
        }
        if !page.has_more() {
            break;
        }
    }
    let (from, to) = (old.snapshot_store(), bed.raw.snapshot_store());
    let (from, to) = (from.expect("it has one"), to.expect("it has one"));
    for id in IDS {
        for row in rows(&*from, id).await {
            to.save(row).await.expect("a good store saves");
        }
    }
}

/// So many events of this stream stay; no commit is cut in two.
async fn kept(store: &dyn EventStore, id: &str, percent: usize) -> u64 {
    let mut commits: Vec<Uuid> = Vec::new();
    loop {
        let next = Version::from(commits.len() as u64 + 1);
        let page = store.read_stream(&stream(id), ReadStream::from(next)).await;
        let page = page.expect("a good store reads");
        commits.extend(page.iter().map(|row| row.commit_id));
        if !page.has_more() {
            break;
        }
    }
    let mut kept = commits.len() * percent / 100;
    while kept > 0 && commits[kept] == commits[kept - 1] {
        kept -= 1;
    }
    kept as u64
}

/// The key under which a program with these settings finds its rows.
pub(crate) fn key<A: Account>(bed: &Bed, id: &str) -> SnapshotKey {
    let codec = if bed.settings.json_snapshots {
        "json"
    } else {
        "bincode"
    };
    SnapshotKey {
        stream: stream(id),
        schema_version: A::SCHEMA_VERSION,
        fingerprint: bed.fingerprint::<A>(),
        codec: codec.to_owned(),
    }
}
