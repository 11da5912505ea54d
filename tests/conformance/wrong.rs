//! A deliberately wrong store fails with a message that names the broken rule.

use std::sync::Arc;

use async_trait::async_trait;
use eventsourcing::{
    EventStore, MemoryStore, Result, StreamId, Version,
    snapshot::SnapshotStore,
    store::{
        Appended, Capabilities, Commit, EventPage, NewEvent, ReadAll, ReadStream, StreamCommit,
    },
    testing::conformance::{self, Kit, Outcome, Subject},
};

/// Looks at the head itself and appends there: the last writer wins.
#[derive(Debug, Clone)]
struct LastWriterWins(MemoryStore);

#[async_trait]
impl EventStore for LastWriterWins {
    async fn append(&self, mut commit: Commit) -> Result<Appended> {
        for part in &mut commit.streams {
            part.expected = self.0.head(&part.stream).await?;
        }
        self.0.append(commit).await
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        self.0.read_stream(stream, read).await
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

#[tokio::test]
async fn the_message_names_the_broken_rule() {
    let factory = || async { Subject::new(LastWriterWins(MemoryStore::new())) };
    let report = Kit::new(factory, Capabilities::full())
        .rounds(10)
        .run()
        .await;
    assert!(!report.is_ok());
    let text = report.to_string();
    let wanted = "event_store::append::an_expected_version_below_the_head_is_refused failed\n  \
        broken rule of `event_store::append`: For each stream the expected version is compared with the stream's version, 0 for \
        a stream that doesn't exist. If one differs the whole commit is refused with `ErrorKind::Conflict`, which names the \
        stream and both versions.\n  \
        seen: an append at version 2 to a stream of 3 events was not refused but answered: ";
    assert!(text.contains(wanted), "{text}");
    // What has nothing to do with versions is not blamed.
    let failures: Vec<_> = report
        .failures()
        .map(|failure| failure.check.method())
        .collect();
    assert!(
        !failures
            .iter()
            .any(|method| method.starts_with("snapshot_store::"))
    );
}

#[tokio::test]
async fn capabilities_that_contradict_the_declared_ones_fail() {
    let mut less = Capabilities::full();
    less.reads_may_lag = true;
    let factory = || async { Subject::new(MemoryStore::new()) };
    let report = Kit::new(factory, less).rounds(10).run().await;
    let failed: Vec<_> = report
        .failures()
        .map(|failure| failure.check.name())
        .collect();
    assert_eq!(
        failed,
        ["event_store::capabilities::they_are_those_that_were_declared"]
    );
}

/// A factory that fails makes checks fail, with its words.
#[tokio::test]
async fn a_panic_is_a_failure_and_says_why() {
    let factory = || async { panic!("no database at this address") };
    let kit = Kit::new(factory, Capabilities::full());
    let report = kit.run().await;
    assert_eq!(report.failures().count(), conformance::checks().len());
    let Outcome::Failed(seen) = &report.results()[0].outcome else {
        panic!("it passed");
    };
    assert_eq!(seen, "panicked: no database at this address");
}

/// The planted hang is one of the mutants; here is one that blocks its thread.
#[test]
#[should_panic(
    expected = "not over after 100ms; if no call hangs and the store is slow see `Kit::rounds` and `Kit::deadline`"
)]
fn a_call_that_blocks_its_thread_is_a_failure() {
    let factory = || async {
        std::thread::sleep(std::time::Duration::from_secs(20));
        Subject::new(MemoryStore::new())
    };
    Kit::new(factory, Capabilities::full())
        .deadline(std::time::Duration::from_millis(100))
        .assert("event_store::head::the_head_counts_events");
}

#[test]
fn what_a_store_cannot_do_is_listed_by_name() {
    let report = crate::third_party::kit().run_blocking();
    report.assert();
    let text = report.to_string();
    for line in [
        "append::a_stream_named_twice_is_refused not applicable: capability not declared: Atomicity::AnyStreams",
        "save::rows_in_rising_order not applicable: the subject has no snapshot store",
        "append::recorded_times_are_those_of_the_clock not applicable: the factory offers no clock (Subject::clock)",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

/// What is seen of a page are its events in short, not how it keeps them.
#[tokio::test]
async fn a_page_in_a_message_is_short() {
    let store = MemoryStore::new();
    let stream = StreamId::new("order", "1").expect("a name");
    let event = NewEvent {
        id: uuid::Uuid::nil(),
        name: "ItemAdded".into(),
        event_version: 1,
        codec: "json".into(),
        payload: vec![b' '; 5_000].into(),
        metadata: bytes::Bytes::new(),
    };
    let part = StreamCommit {
        stream: stream.clone(),
        expected: Version::ZERO,
        after: None,
        events: vec![event],
    };
    let commit = Commit {
        id: uuid::Uuid::nil(),
        streams: vec![part],
    };
    store.append(commit).await.expect("it is stored");
    let page = store.read_stream(&stream, ReadStream::from(1.into())).await;
    let text = format!("{:?}", page.expect("a page"));
    let wanted = "EventPage { events: [\"order/1@1 ItemAdded 00000000-0000-0000-0000-000000000000\"], has_more: false }";
    assert_eq!(text, wanted);
}

/// Takes 4 ms for an append, and is right.
#[derive(Debug)]
struct Slow(MemoryStore);

#[async_trait]
impl EventStore for Slow {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        tokio::time::sleep(std::time::Duration::from_millis(4)).await;
        self.0.append(commit).await
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        self.0.read_stream(stream, read).await
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        self.0.read_all(read).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        self.0.head(stream).await
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        None
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
}

/// A slow store is no broken one: races end when their time is up, and the report says how many rounds there were.
#[test]
fn a_slow_store_passes_with_fewer_rounds() {
    let name = "event_store::append::racing_saves_that_overlap_by_one_leave_no_event_of_a_loser";
    let factory = || async { Subject::new(Slow(MemoryStore::new())) };
    let kit = Kit::new(factory, Capabilities::full())
        .deadline(std::time::Duration::from_secs(4))
        .only([name]);
    let report = kit.run_blocking();
    report.assert();
    let (run, of) = report.results()[0].rounds.expect("fewer rounds than asked");
    assert!((3..10_000).contains(&run) && of == 10_000, "{run} of {of}");
    let text = report.to_string();
    let wanted = format!("{name} passed after {run} of 10000 rounds: time was up");
    assert!(text.contains(&wanted), "{text}");
}

/// Of one that is too slow for its deadline it is said how far it came, and not that it broke the rule.
#[test]
fn a_deadline_says_the_round_and_blames_no_rule() {
    let factory = || async { Subject::new(Slow(MemoryStore::new())) };
    let report = Kit::new(factory, Capabilities::full())
        .deadline(std::time::Duration::from_millis(10))
        .only(["event_store::append::many_repetitions_at_once_store_one"])
        .run_blocking();
    let text = report.to_string();
    assert!(!report.is_ok() && !text.contains("broken rule"), "{text}");
    assert!(text.contains("not over after 10ms, at round "), "{text}");
    assert!(
        text.contains(" of 10; if no call hangs and the store is slow see"),
        "{text}"
    );
}
