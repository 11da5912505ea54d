//! Stores of each kind, and a source with everything in it that a copy could lose.

use std::sync::Arc;

use eventsourcing::{
    EventStore, ManualClock, MemoryStore, PostgresStore, SqliteStore, StreamId,
    prelude::*,
    store::{Commit, NewEvent, PostgresOptions, SqliteOptions, StreamCommit},
    testing::postgres::{PostgresServer, TestDatabase},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Opened {
    pub(crate) owner: String,
}

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Booked {
    pub(crate) cents: i64,
}

#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(id = u64, create(Opened), events(Booked))]
pub(crate) struct Account {
    pub(crate) owner: String,
    pub(crate) cents: i64,
}

impl AccountHandlers for Account {
    fn opened(_: &u64, event: Opened) -> Self {
        Self {
            owner: event.owner,
            cents: 0,
        }
    }

    fn booked(&mut self, event: Booked) {
        self.cents += event.cents;
    }
}

/// A store with a clock that the test sets, and what must outlive it.
pub(crate) struct Fresh {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) database: Option<TestDatabase>,
    _folder: Option<tempfile::TempDir>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Memory,
    Sqlite,
    Postgres,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Memory, Self::Sqlite, Self::Postgres];

    /// None where there is no PostgreSQL, which is said then.
    pub(crate) async fn fresh(self) -> Option<Fresh> {
        let clock = Arc::new(ManualClock::default());
        let (mut folder, mut database) = (None, None);
        let store: Arc<dyn EventStore> = match self {
            Self::Memory => Arc::new(MemoryStore::with_clock(Arc::clone(&clock))),
            Self::Sqlite => {
                let new = tempfile::tempdir().expect("a folder");
                let options = SqliteOptions::default().clock(Arc::clone(&clock));
                let store = SqliteStore::open_with(new.path().join("events.db"), options).await;
                folder = Some(new);
                Arc::new(store.expect("the store opens"))
            }
            Self::Postgres => {
                let new = PostgresServer::for_tests()?.database().await;
                let new = new.expect("a database");
                let options = PostgresOptions::default().clock(Arc::clone(&clock));
                let store = PostgresStore::connect_config(new.config().clone(), options).await;
                database = Some(new);
                Arc::new(store.expect("the store opens"))
            }
        };
        Some(Fresh {
            store,
            clock,
            database,
            _folder: folder,
        })
    }
}

pub(crate) fn time(seconds: i64) -> Timestamp {
    Timestamp::from_unix_micros(1_700_000_000_000_000 + seconds * 1_000_001)
}

pub(crate) fn event(codec: &'static str, payload: &[u8]) -> NewEvent {
    NewEvent {
        id: Uuid::now_v7(),
        name: "Happened".into(),
        event_version: 3,
        codec: codec.into(),
        payload: payload.to_vec().into(),
        metadata: r#"{"actor":"ada"}"#.into(),
    }
}

pub(crate) fn part(id: &str, expected: u64, events: Vec<NewEvent>) -> StreamCommit {
    StreamCommit {
        stream: StreamId::new("raw", id).expect("a stream"),
        expected: Version::from(expected),
        after: None,
        events,
    }
}

pub(crate) fn commit(streams: Vec<StreamCommit>) -> Commit {
    Commit {
        id: Uuid::now_v7(),
        streams,
    }
}

pub(crate) fn accounts(store: &Arc<dyn EventStore>) -> Repository<Account> {
    Repository::builder(Arc::clone(store))
        .snapshots(SnapshotPolicy::every(5))
        .build()
        .expect("a repository")
}

/// Accounts with snapshots, commits over several streams, payloads that SQL would change, and a clock that goes backwards
/// in between.
pub(crate) async fn fill(source: &Fresh) {
    let app = Application::builder(Arc::clone(&source.store))
        .build()
        .expect("an application");
    let accounts = accounts(&source.store);
    for id in 1..=20_u64 {
        source
            .clock
            .set(time(i64::from(u32::try_from(id).expect("small"))));
        let owner = format!("ada {id} ☃");
        let mut account = accounts.create(id, Opened { owner });
        for cents in 0..i64::try_from(id).expect("small") {
            account.record(Booked { cents });
        }
        let stamped = accounts.with(Metadata::new().actor("ada").insert("k", "\u{7f}v"));
        stamped.save(&mut account).await.expect("a save");
    }
    for (id, seconds) in [(3, 100), (7, 50), (3, 60)] {
        source.clock.set(time(seconds));
        let all = app.repository::<Account>().expect("a repository");
        let mut one = all.load(id).await.expect("an account");
        let mut new = all.create(
            1_000 + u64::try_from(seconds).expect("small"),
            Opened {
                owner: String::new(),
            },
        );
        one.record(Booked { cents: seconds });
        app.save_all((&mut one, &mut new)).await.expect("a save");
    }
    source.clock.set(time(70));
    let payloads: [(&str, &[u8]); 6] = [
        ("json", br#"{"quantity": 2, "b":-0.0,"a":1e5, "b": 1}"#),
        ("json", br#""\u0000""#),
        ("json", b"{\"a\":1"),
        ("bincode", b"\0\xff\xfe"),
        ("postcard+zstd", b""),
        ("json", b"null"),
    ];
    let mut events: Vec<_> = payloads
        .map(|(codec, payload)| event(codec, payload))
        .into();
    let last = events.split_off(5);
    let more = events.split_off(2);
    let streams = vec![part("1", 0, events), part("2", 0, more)];
    source
        .store
        .append(commit(streams))
        .await
        .expect("a commit");
    source
        .store
        .append(commit(vec![part("1", 2, last)]))
        .await
        .expect("a commit");
}
