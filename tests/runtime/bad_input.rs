//! What is stored, or asked for, and can't be right: an error that says where, no panic, and other streams go on.

use std::sync::Arc;

use eventsourcing::{
    ErrorKind, EventStore, StreamId,
    prelude::*,
    store::{Commit, NewEvent, StreamCommit},
};
use uuid::Uuid;

use crate::{
    domain::{Booked, Ledger, opened},
    saving::{id, ledgers, saved},
};

type Store = Arc<dyn EventStore>;

pub(crate) fn row(name: &'static str, event_version: u32, payload: &'static str) -> NewEvent {
    NewEvent {
        id: Uuid::now_v7(),
        name: name.into(),
        event_version,
        codec: "json".into(),
        payload: payload.into(),
        metadata: "".into(),
    }
}

pub(crate) async fn put(store: &Store, id: &str, expected: u64, events: Vec<NewEvent>) {
    let part = StreamCommit {
        stream: StreamId::new("ledger", id).unwrap(),
        expected: expected.into(),
        after: None,
        events,
    };
    let commit = Commit {
        id: Uuid::now_v7(),
        streams: vec![part],
    };
    store.append(commit).await.unwrap();
}

const OPENED: &str = r#"{"owner":"Ada"}"#;

pub(crate) async fn invalid_ids(store: Store) {
    let ledgers = ledgers(&store);
    let long = "x".repeat(StreamId::MAX_ID_LEN + 1);
    for invalid in ["", "a\nb", "a\u{0}", "\u{7f}", &long] {
        let id = invalid.to_owned();
        let load = ledgers.load(&id).await.unwrap_err();
        let save = ledgers
            .save(&mut ledgers.create(id.clone(), opened()))
            .await;
        let execute = ledgers.execute(&id, |l| l.book(1)).await.unwrap_err();
        for error in [&load, &save.unwrap_err(), execute.failure().unwrap()] {
            assert_eq!(*error.kind(), ErrorKind::InvalidName, "{error}");
        }
    }
    for valid in ["x".repeat(StreamId::MAX_ID_LEN), "a/b ü '\"%_".to_owned()] {
        let mut root = ledgers.create(valid.clone(), opened());
        ledgers.save(&mut root).await.unwrap();
        assert_eq!(*ledgers.load(&valid).await.unwrap().id(), valid);
    }
}

/// A store that hides one version.
#[derive(Debug)]
struct Hiding(Store, u64);

mod hiding {
    use super::{Arc, EventStore, Hiding, StreamId};
    use eventsourcing::{
        Result, Version,
        snapshot::SnapshotStore,
        store::{Appended, Capabilities, Commit, EventPage, ReadAll, ReadStream},
    };

    #[async_trait::async_trait]
    impl EventStore for Hiding {
        async fn append(&self, commit: Commit) -> Result<Appended> {
            self.0.append(commit).await
        }
        async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
            let page = self.0.read_stream(stream, read).await?;
            let mut holed = EventPage::new();
            for event in page.iter().filter(|event| event.version != self.1) {
                holed.push(&event);
            }
            holed.set_has_more(page.has_more());
            Ok(holed)
        }
        async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
            self.0.read_all(read).await
        }
        async fn head(&self, stream: &StreamId) -> Result<Version> {
            self.0.head(stream).await
        }
        fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
            self.0.snapshot_store()
        }
        fn capabilities(&self) -> Capabilities {
            self.0.capabilities()
        }
    }
}

pub(crate) async fn a_gap_is_named(store: Store) {
    saved(&ledgers(&store), 5).await;
    let holed = Repository::<Ledger>::builder(Hiding(store, 3))
        .build()
        .unwrap();
    let error = holed.load(id()).await.unwrap_err();
    let gap = ErrorKind::Gap {
        expected: 3.into(),
        found: 4.into(),
    };
    assert_eq!(*error.kind(), gap);
    assert_eq!(
        error.to_string(),
        "load ledger/main at version 3: gap: version 3 is missing, found 4"
    );
    assert_eq!(holed.load_at(id(), 2).await.unwrap().version(), 2);
}

pub(crate) async fn an_unknown_event_is_named(store: Store) {
    let ledgers = ledgers(&store);
    saved(&ledgers, 1).await;
    put(&store, "main", 2, vec![row("Renamed", 1, "{}")]).await;
    let error = ledgers.load(id()).await.unwrap_err();
    let name = "Renamed".to_owned();
    assert_eq!(*error.kind(), ErrorKind::UnknownEvent { name });
    assert_eq!(
        error.to_string(),
        "load ledger/main at version 3: unknown event \"Renamed\": a newer program stored it, or it has another name by now \
         (`#[event(alias = \"Renamed\")]` on it), or is to be read as other events (`legacy(...)` on the aggregate) or as none \
         (`retired(\"Renamed\")`)"
    );
    assert!(ledgers.contains(id()).await.is_err());
    assert_eq!(ledgers.load_at(id(), 2).await.unwrap().bookings, [1]);
}

pub(crate) async fn a_newer_event_version_is_named(store: Store) {
    let ledgers = ledgers(&store);
    saved(&ledgers, 1).await;
    put(&store, "main", 2, vec![row("Booked", 7, "{}")]).await;
    let error = ledgers.load(id()).await.unwrap_err();
    let newer = ErrorKind::UnsupportedEventVersion {
        name: "Booked".to_owned(),
        stored: 7,
        known: 1,
    };
    assert_eq!(*error.kind(), newer);
    assert_eq!(error.version(), Some(3.into()));
}

pub(crate) async fn a_damaged_payload_is_named_and_other_streams_work(store: Store) {
    let ledgers = ledgers(&store);
    saved(&ledgers, 1).await;
    for (id, payload) in [("a", "{"), ("b", "{\"amount\":1} x"), ("c", "[[[[")] {
        let events = vec![row("Opened", 1, OPENED), row("Booked", 1, payload)];
        put(&store, id, 0, events).await;
        let error = ledgers.load(id.to_owned()).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Corrupt);
        assert_eq!(error.version(), Some(2.into()));
        assert!(error.to_string().contains("\"Booked\""), "{error}");
        assert!(std::error::Error::source(&error).is_some());
        let mut history = ledgers.history(id.to_owned());
        assert!(history.next().await.unwrap().is_ok());
        assert!(history.next().await.unwrap().is_err());
        assert!(history.next().await.is_none());
    }
    assert_eq!(ledgers.load(id()).await.unwrap().balance, 1);
    ledgers.execute(id(), |l| l.book(1)).await.unwrap();
}

pub(crate) async fn broken_life_cycles(store: Store) {
    let ledgers = ledgers(&store);
    let booked = || row("Booked", 1, r#"{"amount":1}"#);
    let opened = || row("Opened", 1, OPENED);
    let closed = || row("Closed", 1, "null");
    let broken: [(&str, Vec<NewEvent>, u64); 4] = [
        ("no-creation", vec![booked(), booked()], 1),
        ("two-creations", vec![opened(), booked(), opened()], 3),
        ("only-discard", vec![closed()], 1),
        ("after-discard", vec![opened(), closed(), booked()], 3),
    ];
    for (id, events, at) in broken {
        put(&store, id, 0, events).await;
        let error = ledgers.load(id.to_owned()).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::LifeCycle, "{id}");
        assert_eq!(error.version(), Some(at.into()), "{id}");
    }
    let mut fine = ledgers.create(id(), crate::domain::opened());
    fine.record(Booked { amount: 1 });
    ledgers.save(&mut fine).await.unwrap();
}
