//! Rows that somebody moved or edited: an error or a miss, and never a wrong state.

use std::{borrow::Cow, sync::Arc};

use eventsourcing::{
    ErrorKind,
    codec::layer::{EventContext, Layer, LayerError, RowContext},
    prelude::*,
    snapshot::{SnapshotInfo, SnapshotMiss, SnapshotRow},
    store::NewEvent,
};
use uuid::Uuid;

use super::{
    Builder, Store, both, builder, encrypted, put, replayed, rows, saved_as, snapshot_rows, stream,
};

/// What somebody who can write to the store can do with the rows of a stream; the second row is what it is about.
type Edit = fn(&mut Vec<NewEvent>);

const EDITS: [(&str, Edit); 7] = [
    ("to another stream", |_| {}),
    ("to another version", |rows| {
        rows.swap(1, 2);
    }),
    ("the payload to another version", |rows| {
        rows[1].payload = rows[2].payload.clone();
    }),
    ("to another name", |rows| rows[1].name = "Measured".into()),
    ("to another shape", |rows| rows[1].event_version = 2),
    ("to another id", |rows| rows[1].id = Uuid::now_v7()),
    ("a layer's name away", |rows| {
        rows[1].codec = Cow::Borrowed("json+aead");
    }),
];

/// What was read in the place of an error.
async fn move_rows(store: &Store, with: impl Fn(Builder) -> Builder, mark: &str) -> Vec<String> {
    let source = format!("{mark}-source");
    let ledgers = with(builder(store)).build().unwrap();
    saved_as(&ledgers, &source, 4).await;
    let mut found = Vec::new();
    for (index, (what, edit)) in EDITS.iter().enumerate() {
        let id = format!("{mark}-{index}");
        // Sealed for this stream, except for the first edit.
        let sealed_for = if index == 0 { &source } else { &id };
        let elsewhere: Store = Arc::new(MemoryStore::new());
        saved_as(&with(builder(&elsewhere)).build().unwrap(), sealed_for, 4).await;
        let mut events = rows(&elsewhere, sealed_for).await;
        edit(&mut events);
        put(store, &id, events).await;
        match ledgers.load(&id).await {
            Ok(root) => found.push(format!("moved {what}: {:?}", root.state())),
            Err(error) => {
                assert_eq!(error.stream(), Some(&stream(&id)));
                let first = if index == 0 { 1 } else { 2 };
                if matches!(error.kind(), ErrorKind::Locked { .. }) {
                    assert_eq!(error.version(), Some(first.into()), "{what}: {error}");
                }
            }
        }
    }
    found
}

pub(crate) async fn moved_events_are_never_read(store: Store) {
    assert_eq!(move_rows(&store, both, "bound").await, [""; 0]);
    // The twin: a layer that encrypts and binds nothing is found out.
    let unbound = |builder: Builder| {
        let compressed = builder.layer(eventsourcing::codec::layer::Compressed::new());
        compressed.layer(Unbound(encrypted("k", 7)))
    };
    let found = move_rows(&store, unbound, "unbound").await;
    assert!(found.len() >= 4, "{found:?}");
}

/// Encrypts every row as if it were the same one.
#[derive(Debug)]
struct Unbound(eventsourcing::codec::layer::Encrypted);

const NOBODY: RowContext<'_> = RowContext::Event(EventContext {
    stream: "",
    version: Version::ZERO,
    id: Uuid::nil(),
    name: "",
    event_version: 0,
    codec: "",
});

impl Layer for Unbound {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn seal(&self, _: &RowContext<'_>, bytes: &[u8]) -> Result<Vec<u8>, LayerError> {
        self.0.seal(&NOBODY, bytes)
    }

    fn open(&self, _: &RowContext<'_>, bytes: &[u8]) -> Result<Vec<u8>, LayerError> {
        self.0.open(&NOBODY, bytes)
    }
}

/// The same row with something else in one column and a checksum that is right.
fn edited(row: &SnapshotRow, edit: impl FnOnce(&mut SnapshotRow)) -> SnapshotRow {
    let mut row = row.clone();
    edit(&mut row);
    SnapshotRow::new(
        row.key,
        row.version,
        row.last_event,
        row.created_at,
        row.state,
    )
}

pub(crate) async fn moved_snapshots_are_left_and_never_read(store: Store) {
    let id = "main".to_owned();
    let snapshots = store.snapshot_store().unwrap();
    let set_up = || builder(&store).snapshot_layer(encrypted("k", 7));
    let ledgers = set_up()
        .snapshots(SnapshotPolicy::every(3))
        .build()
        .unwrap();
    let mut root = saved_as(&ledgers, &id, 3).await;
    root.record(crate::domain::bookings(50, 4));
    ledgers.save(&mut root).await.unwrap();
    let other = saved_as(&ledgers, "other", 10).await;
    assert_ne!(other.state(), root.state());
    let mine = snapshot_rows(&*snapshots, &id).await;
    let [at_3, at_6] = &mine[..] else {
        panic!("{mine:?}")
    };
    let foreign = snapshot_rows(&*snapshots, "other").await.remove(0);
    let anchor_6 = at_6.last_event;
    let forged = [
        // The other stream's state, with what makes it look like this one's.
        edited(&foreign, |row| {
            row.key = at_6.key.clone();
            (row.version, row.last_event) = (6.into(), anchor_6);
        }),
        // An older state of the same stream.
        edited(at_3, |row| {
            (row.version, row.last_event) = (6.into(), anchor_6);
        }),
        edited(at_6, |row| row.created_at = Timestamp::from_unix_micros(0)),
    ];
    for row in forged {
        for each in snapshot_rows(&*snapshots, &id).await {
            if each.version == 6 {
                assert!(snapshots.delete(&SnapshotInfo::from(&each)).await.unwrap());
            }
        }
        snapshots.save(row).await.unwrap();
        let before = snapshot_rows(&*snapshots, &id).await;
        let ledgers = set_up()
            .snapshots(SnapshotPolicy::every(3))
            .build()
            .unwrap();
        assert_eq!(ledgers.load(&id).await.unwrap().state(), root.state());
        let stats = ledgers.snapshot_stats();
        assert_eq!((stats.missed(SnapshotMiss::Unreadable), stats.hits), (1, 1));
        assert_eq!(snapshot_rows(&*snapshots, &id).await, before);
    }
    assert_eq!(replayed(set_up(), &id).await, *root.state());
}

/// A snapshot of a discarded aggregate has no state, so nothing that a layer sealed: its event must be what it says.
pub(crate) async fn a_discard_that_no_layer_vouches_for_is_no_discard(store: Store) {
    let id = "main".to_owned();
    let snapshots = store.snapshot_store().unwrap();
    let elsewhere: Store = Arc::new(MemoryStore::new());
    saved_as(&both(builder(&elsewhere)).build().unwrap(), &id, 3).await;
    let mut events = rows(&elsewhere, &id).await;
    events[3].name = "Closed".into();
    put(&store, &id, events.clone()).await;
    let ledgers = both(builder(&store)).build().unwrap();
    let key = {
        saved_as(&ledgers, "for-the-key", 1).await;
        let root = ledgers.load("for-the-key".to_owned()).await.unwrap();
        let mut key = ledgers
            .create_snapshot(&root)
            .await
            .unwrap()
            .row()
            .key
            .clone();
        key.stream = stream(&id);
        key
    };
    let now = Timestamp::from_unix_micros(1);
    let row = SnapshotRow::new(key, 4.into(), events[3].id, now, None);
    snapshots.save(row.clone()).await.unwrap();
    let error = ledgers.find(&id).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Locked { .. }), "{error}");
    assert_eq!(error.version(), Some(4.into()));
    assert!(ledgers.contains(&id).await.is_err());
    assert_eq!(snapshot_rows(&*snapshots, &id).await, [row]);
}
