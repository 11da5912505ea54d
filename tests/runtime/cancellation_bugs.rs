//! Stores with planted bugs, on which the tests of `cancellation` must fail: each shows that they look.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use eventsourcing::{
    Error, EventStore, MemoryStore, Result, StreamId,
    prelude::*,
    snapshot::SnapshotStore,
    store::{Appended, AppendedStream, Capabilities, Commit, EventPage, ReadAll, ReadStream},
};
use uuid::Uuid;

use crate::cancellation;

/// What it does with a commit that it was asked for before.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Repeated {
    /// As it should.
    Recognised,
    /// It says that it has it, without looking whether it came so far.
    TakenForStored,
    /// It stores it once more.
    StoredAgain,
}

#[derive(Debug)]
struct Buggy {
    store: MemoryStore,
    repeated: Repeated,
    asked: Mutex<HashSet<Uuid>>,
}

#[async_trait::async_trait]
impl EventStore for Buggy {
    async fn append(&self, mut commit: Commit) -> Result<Appended> {
        let is_new = self.asked.lock().unwrap().insert(commit.id);
        // Here a caller may be dropped.
        tokio::task::yield_now().await;
        match self.repeated {
            Repeated::TakenForStored if !is_new => {
                let answer = |_| AppendedStream {
                    positions: Vec::new(),
                    recorded_at: Timestamp::now(),
                };
                return Ok(Appended {
                    streams: commit.streams.iter().map(answer).collect(),
                    repeated: true,
                });
            }
            Repeated::StoredAgain if !is_new => {
                commit.id = Uuid::new_v4();
                for part in &mut commit.streams {
                    (part.expected, part.after) = (self.store.head(&part.stream).await?, None);
                    for event in &mut part.events {
                        event.id = Uuid::new_v4();
                    }
                }
            }
            _ => {}
        }
        self.store.append(commit).await
    }
    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        self.store.read_stream(stream, read).await
    }
    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        self.store.read_all(read).await
    }
    async fn head(&self, stream: &StreamId) -> Result<Version, Error> {
        self.store.head(stream).await
    }
    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        self.store.snapshot_store()
    }
    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }
}

/// Runs a test of `cancellation` over such a store; whether it passes.
macro_rules! passes {
    ($test:ident, $repeated:expr) => {{
        let store = Buggy {
            store: MemoryStore::new(),
            repeated: $repeated,
            asked: Mutex::default(),
        };
        let local = tokio::task::LocalSet::new();
        let test = local.run_until(async {
            tokio::task::spawn_local(cancellation::$test(Arc::new(store))).await
        });
        test.await.is_ok()
    }};
}

#[tokio::test]
async fn a_store_that_loses_or_doubles_what_was_dropped_is_found_out() {
    for repeated in [
        Repeated::Recognised,
        Repeated::TakenForStored,
        Repeated::StoredAgain,
    ] {
        let sound = repeated == Repeated::Recognised;
        let passed = [
            passes!(save_dropped_at_every_await_point, repeated),
            passes!(discard_dropped_at_every_await_point, repeated),
            passes!(save_all_dropped_at_every_await_point, repeated),
        ];
        assert_eq!(passed, [sound; 3], "{repeated:?}");
    }
}
