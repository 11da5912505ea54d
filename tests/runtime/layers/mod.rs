//! Layers: what is stored through them is read again, by those who may, and by nobody as something else.

mod bytes;
mod keys;
mod law;
mod moved;
mod settings;
mod strangers;

use std::{collections::BTreeMap, sync::Arc};

use eventsourcing::{
    EventStore, RepositoryBuilder, StreamId,
    codec::{
        Bincode, Codec, Json, Postcard,
        layer::{Compressed, Encrypted, KeyRing},
    },
    prelude::*,
    snapshot::{Newest, SnapshotRow, SnapshotStore},
    store::{Commit, EventPage, NewEvent, ReadStream, StreamCommit},
};

pub(crate) use self::{
    bytes::a_damaged_encrypted_event_is_an_error,
    keys::{a_missing_key_and_a_wrong_one_are_named, rotation_reads_old_rows_and_writes_new_ones},
    law::loads_equal_replays_whatever_the_layers,
    moved::{
        a_discard_that_no_layer_vouches_for_is_no_discard, moved_events_are_never_read,
        moved_snapshots_are_left_and_never_read,
    },
    settings::{
        a_layer_that_loses_bytes_stores_nothing, a_layer_that_panics_fails_no_load,
        an_application_has_layers_for_all_and_a_type_its_own, every_codec_under_every_stack,
        layers_are_switched_on_and_off, only_layered_events_refuses_others,
        what_is_saved_again_is_sealed_for_the_same_row,
    },
    strangers::{a_missing_layer_is_named, strangers_leave_every_row_as_it_was},
};
use crate::domain::{Ledger, bookings, opened};

type Store = Arc<dyn EventStore>;
type Builder = RepositoryBuilder<Ledger>;

pub(crate) fn key(byte: u8) -> [u8; 32] {
    [byte; 32]
}

pub(crate) fn encrypted(id: &str, byte: u8) -> Encrypted {
    Encrypted::new(KeyRing::new(id, key(byte)).unwrap())
}

fn builder(store: &Store) -> Builder {
    Repository::builder(Arc::clone(store))
}

/// Compressed, then encrypted with the key "k".
pub(crate) fn both(builder: Builder) -> Builder {
    builder.layer(Compressed::new()).layer(encrypted("k", 7))
}

fn stream(id: &str) -> StreamId {
    StreamId::new("ledger", id).unwrap()
}

/// A saved ledger with bookings 1, 2, 3 …
async fn saved_as(ledgers: &Repository<Ledger>, id: &str, count: i64) -> Root<Ledger> {
    let mut root = ledgers.create(id.to_owned(), opened());
    root.record(bookings(1, count));
    ledgers.save(&mut root).await.unwrap();
    root
}

async fn events(store: &Store, id: &str) -> EventPage {
    let read = ReadStream::from(Version::from(1)).limit(1_000);
    store.read_stream(&stream(id), read).await.unwrap()
}

/// The stored events of a stream, as they would be appended.
async fn rows(store: &Store, id: &str) -> Vec<NewEvent> {
    let page = events(store, id).await;
    let row = |row: eventsourcing::store::RecordedEvent<'_>| NewEvent {
        id: row.id,
        name: row.name.to_owned().into(),
        event_version: row.event_version,
        codec: row.codec.to_owned().into(),
        payload: row.payload.to_vec().into(),
        metadata: row.metadata.to_vec().into(),
    };
    page.iter().map(row).collect()
}

/// Stores rows as they are, past every repository.
async fn put(store: &Store, id: &str, events: Vec<NewEvent>) {
    let part = StreamCommit {
        stream: stream(id),
        expected: Version::ZERO,
        after: None,
        events,
    };
    let commit = Commit {
        id: uuid::Uuid::now_v7(),
        streams: vec![part],
    };
    store.append(commit).await.unwrap();
}

/// Every snapshot row of a stream, of every key.
async fn snapshot_rows(snapshots: &dyn SnapshotStore, id: &str) -> Vec<SnapshotRow> {
    let mut rows = Vec::new();
    for info in snapshots.list(&stream(id)).await.unwrap() {
        match snapshots.newest(&info.key, info.version).await.unwrap() {
            Newest::Found(row) if row.version == info.version => rows.push(row),
            other => panic!("{info:?} is listed, and found is {other:?}"),
        }
    }
    rows
}

/// Replays all events, with these layers.
async fn replayed(builder: Builder, id: &str) -> Ledger {
    let plain = builder.ignore_snapshots().build().unwrap();
    plain.load(id.to_owned()).await.unwrap().state().clone()
}

/// Each codec for events and snapshots, by name.
fn codecs() -> BTreeMap<&'static str, fn(Builder) -> Builder> {
    fn with<C: Codec + Default>(builder: Builder) -> Builder {
        builder
            .event_codec(C::default())
            .snapshot_codec(C::default())
    }
    BTreeMap::from([
        (Json::NAME, with::<Json> as fn(Builder) -> Builder),
        (Bincode::NAME, with::<Bincode>),
        (Postcard::NAME, with::<Postcard>),
    ])
}

/// Each stack, by what stands in the rows.
fn stacks() -> BTreeMap<&'static str, fn(Builder) -> Builder> {
    BTreeMap::from([
        ("", (|builder| builder) as fn(Builder) -> Builder),
        ("+zstd", |builder| builder.layer(Compressed::new())),
        ("+aead", |builder| builder.layer(encrypted("k", 7))),
        ("+zstd+aead", both),
        ("+aead+zstd", |builder| {
            builder.layer(encrypted("k", 7)).layer(Compressed::new())
        }),
    ])
}
