//! Edits of a state without a bump of its version: an old program stores, the edited one loads over the same store.
//!
//! An edit is written down as two states, each with the state as of an event's number; `edit!` for those that must be
//! noticed, `no_edit!` for those that must not. A codec is a line of `Snapshots`.

#[macro_use]
mod programs;

mod attributes;
mod code;
mod enums;
mod fields;
mod fingerprints;
mod nested;
mod roles;
mod unchanged;
mod warnings;

use std::any;

use eventsourcing::{
    EventStore, MemoryStore, Root, StreamId, Version,
    codec::{Bincode, Json, Postcard},
    prelude::*,
    repository::RepositoryBuilder,
    snapshot::{SnapshotInfo, SnapshotMiss},
    testing::CountingStore,
};
use serde::{Deserialize, Serialize};

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Begun {
    pub(crate) number: u8,
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Went {
    pub(crate) number: u8,
}

/// Before or after an edit.
pub(crate) trait Program: Aggregate<Id = u64> + PartialEq {
    fn begin(repository: &Repository<Self>, number: u8) -> Root<Self>;
    fn go(root: &mut Root<Self>, number: u8);
}

/// The snapshot codecs. Values instead of a parameter: each edit is two programs to compile as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Snapshots {
    Json,
    Bincode,
    Postcard,
}

pub(crate) const ANY: &[Snapshots] = &[Snapshots::Json, Snapshots::Bincode, Snapshots::Postcard];
/// For states that positional codecs can't write.
pub(crate) const SELF_DESCRIBING: &[Snapshots] = &[Snapshots::Json];

impl Snapshots {
    fn of<A: Aggregate>(self, builder: RepositoryBuilder<A>) -> RepositoryBuilder<A> {
        match self {
            Self::Json => builder.snapshot_codec(Json),
            Self::Bincode => builder.snapshot_codec(Bincode),
            Self::Postcard => builder.snapshot_codec(Postcard),
        }
    }
}

const ID: u64 = 7;

/// A program as it is started, with what it reads counted.
struct Running<A: Aggregate> {
    repository: Repository<A>,
    store: CountingStore,
}

impl<A: Program> Running<A> {
    fn start(store: &MemoryStore, codec: Snapshots) -> Self {
        let store = CountingStore::new(store.clone());
        let builder = Repository::builder(store.clone()).snapshots(SnapshotPolicy::every(1));
        let repository = codec.of(builder).build();
        Self {
            repository: repository.expect("a repository that can work"),
            store,
        }
    }

    /// What is loaded, and how many events were read for it.
    async fn load(&self) -> (A, u64) {
        self.store.take();
        let root = self.repository.load(ID).await.expect("it is there");
        (root.state().clone(), self.store.take().events_read.rows)
    }

    /// What all events amount to.
    async fn replay(&self) -> A {
        let plain = Repository::<A>::builder(self.store.clone())
            .ignore_snapshots()
            .build()
            .expect("a repository that can work");
        plain.load(ID).await.expect("it is there").state().clone()
    }

    fn missed(&self, reason: SnapshotMiss) -> u64 {
        self.repository.snapshot_stats().missed(reason)
    }

    /// Of the snapshots, by version.
    async fn rows(&self) -> Vec<SnapshotInfo> {
        let snapshots = self.store.snapshot_store().expect("it has one");
        let stream = StreamId::of::<A>(&ID).expect("a valid id");
        snapshots.list(&stream).await.expect("a good store lists")
    }

    /// Three events in three commits.
    async fn store_three(&self) -> A {
        let mut root = A::begin(&self.repository, 3);
        self.repository.save(&mut root).await.expect("it is new");
        for number in [5, 9] {
            A::go(&mut root, number);
            self.repository.save(&mut root).await.expect("no rival");
        }
        root.state().clone()
    }
}

async fn changed<B: Program, A: Program>(codecs: &[Snapshots]) {
    for codec in codecs {
        is_noticed::<B, A>(*codec).await;
    }
}

async fn is_noticed<B: Program, A: Program>(codec: Snapshots) {
    let data = MemoryStore::new();
    let old = Running::<B>::start(&data, codec);
    let stored = old.store_three().await;
    assert_eq!(old.load().await, (stored.clone(), 1));
    let old_rows = old.rows().await;
    assert_eq!(old_rows.len(), 3);

    let new = Running::<A>::start(&data, codec);
    let replayed = new.replay().await;
    warnings::take();
    let loaded = new.load().await;
    assert_eq!(loaded, (replayed.clone(), 3), "all events are replayed");
    assert_eq!(new.missed(SnapshotMiss::StaleShape), 1);
    let warnings = warnings::take();
    assert_eq!(warnings.len(), 1, "one warning: {warnings:?}");
    for named in [
        any::type_name::<A>(),
        "\"edited\"",
        "schema_version",
        "`alias`",
    ] {
        assert!(warnings[0].contains(named), "{named} in {}", warnings[0]);
    }

    // Its own snapshot is there now, and the old program finds its own too.
    assert_eq!(new.load().await, (replayed.clone(), 1));
    assert_eq!(new.repository.snapshot_stats().hits, 1);
    assert_eq!(warnings::take(), [""; 0], "said once");
    let back = Running::<B>::start(&data, codec);
    assert_eq!(back.load().await, (stored, 1));
    assert_eq!(back.repository.snapshot_stats().hits, 1);

    let rows = new.rows().await;
    assert_eq!(rows.len(), 4);
    assert!(old_rows.iter().all(|row| rows.contains(row)));
    let snapshots = new.store.snapshot_store().expect("it has one");
    for key in [&old_rows[0].key, &rows.last().expect("four").key] {
        assert_eq!(key.schema_version, 1);
    }
    let removed = snapshots.prune(&old_rows[0].key, Version::MAX).await;
    assert_eq!(removed.ok(), Some(3), "those of the old shape");
    assert_eq!(new.load().await, (replayed.clone(), 1));
    let removed = snapshots.delete_category("edited", Some(1)).await;
    assert_eq!(removed.ok(), Some(1), "those of the schema version");
    assert_eq!(new.load().await, (replayed, 3));
}

async fn unchanged<B: Program, A: Program>(codecs: &[Snapshots]) {
    for codec in codecs {
        is_the_same::<B, A>(*codec).await;
    }
}

async fn is_the_same<B: Program, A: Program>(codec: Snapshots) {
    let data = MemoryStore::new();
    let old = Running::<B>::start(&data, codec);
    old.store_three().await;
    let new = Running::<A>::start(&data, codec);
    let replayed = new.replay().await;
    warnings::take();
    assert_eq!(new.load().await, (replayed, 1), "through the snapshot");
    assert_eq!(new.repository.snapshot_stats().hits, 1);
    assert_eq!(new.rows().await, old.rows().await);
    assert_eq!(warnings::take(), [""; 0]);
}
