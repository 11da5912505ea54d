//! Appending: conflicts, repetition, several streams, races, clocks, bytes.

use std::sync::Arc;

use eventsourcing::{
    Clock, Error, ErrorKind, ManualClock, Timestamp, Version,
    store::{Capabilities, EventStore, SqliteOptions, SqliteStore},
};
use futures_util::future::join_all;
use uuid::Uuid;

use super::{File, commit, commit_of, event, events, follow, head, kind, part, put, read, stream};

#[tokio::test]
async fn a_second_append_of_the_same_version_is_a_conflict_with_both_versions() {
    let store = SqliteStore::in_memory().await.unwrap();
    put(&store, "1", 0, 3).await.unwrap();
    let error = put(&store, "1", 1, 1).await.unwrap_err();
    assert_eq!(
        *error.kind(),
        ErrorKind::Conflict {
            expected: Version::from(1),
            actual: Version::from(3)
        }
    );
    assert_eq!(error.stream(), Some(&stream("1")));
    assert_eq!(error.operation(), Some("append"));
    assert!(put(&store, "1", 4, 1).await.unwrap_err().is_conflict());
    assert!(put(&store, "1", 0, 1).await.unwrap_err().is_conflict());
    assert!(put(&store, "2", 1, 1).await.unwrap_err().is_conflict());
    assert_eq!(head(&store, "1").await, 3);
    assert_eq!(head(&store, "2").await, 0);
    assert_eq!(store.capabilities(), Capabilities::full());
}

#[tokio::test]
async fn nothing_to_append_is_no_error_and_checks_no_version() {
    let store = SqliteStore::in_memory().await.unwrap();
    let done = store.append(commit("1", 5, Vec::new())).await.unwrap();
    assert_eq!(done.streams.len(), 1);
    assert!(done.streams[0].positions.is_empty());
    let done = store.append(commit_of(Vec::new())).await.unwrap();
    assert!(done.streams.is_empty() && !done.repeated);
}

#[tokio::test]
async fn a_repeated_commit_gets_the_first_answer_and_stores_nothing() {
    let store = SqliteStore::in_memory().await.unwrap();
    put(&store, "1", 0, 1).await.unwrap();
    let two = commit_of(vec![part("1", 1, events(2)), part("2", 0, events(3))]);
    let first = store.append(two.clone()).await.unwrap();
    assert!(!first.repeated);
    // Also after others have gone on.
    put(&store, "1", 3, 1).await.unwrap();
    let again = store.append(two.clone()).await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.streams, first.streams);
    assert_eq!((head(&store, "1").await, head(&store, "2").await), (4, 3));
    // Another commit of the same shape is a conflict.
    let mut other = two;
    other.id = Uuid::now_v7();
    assert!(store.append(other).await.unwrap_err().is_conflict());
}

#[tokio::test]
async fn a_commit_stored_in_one_of_its_streams_only_is_no_repetition() {
    let store = SqliteStore::in_memory().await.unwrap();
    let mut one = commit("1", 0, events(1));
    store.append(one.clone()).await.unwrap();
    one.streams.push(part("2", 0, events(1)));
    assert!(store.append(one).await.unwrap_err().is_conflict());
    assert_eq!(head(&store, "2").await, 0);
}

#[tokio::test]
async fn many_repetitions_at_once_store_one() {
    let file = File::new();
    let store = file.open().await;
    let one = commit("1", 0, events(2));
    let answers = join_all((0..50).map(|_| store.append(one.clone()))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|a| !a.repeated).count(), 1);
    assert!(answers.iter().all(|a| a.streams == answers[0].streams));
    assert_eq!(head(&store, "1").await, 2);
}

#[tokio::test]
async fn a_conflict_in_one_stream_stores_nothing_of_the_others() {
    let store = SqliteStore::in_memory().await.unwrap();
    put(&store, "b", 0, 1).await.unwrap();
    let all = vec![
        part("a", 0, events(2)),
        part("b", 0, events(2)),
        part("c", 0, events(2)),
    ];
    let error = store.append(commit_of(all)).await.unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(error.stream(), Some(&stream("b")));
    assert_eq!((head(&store, "a").await, head(&store, "c").await), (0, 0));
    // A part without events only checks its version.
    let check = vec![part("a", 0, events(1)), part("b", 2, Vec::new())];
    assert!(
        store
            .append(commit_of(check))
            .await
            .unwrap_err()
            .is_conflict()
    );
    let check = vec![part("a", 0, events(1)), part("b", 1, Vec::new())];
    assert_eq!(
        store.append(commit_of(check)).await.unwrap().streams.len(),
        2
    );
}

#[tokio::test]
async fn impossible_commits_are_refused_and_the_next_one_works() {
    let store = SqliteStore::in_memory().await.unwrap();
    let twice = commit_of(vec![part("1", 0, events(1)), part("1", 1, events(1))]);
    assert_eq!(
        kind(store.append(twice).await),
        ErrorKind::InvalidConfiguration
    );
    let beyond = commit("1", Version::MAX.get(), events(1));
    assert_eq!(kind(store.append(beyond).await), ErrorKind::TooLarge);
    let beyond = commit("1", u64::MAX, events(1));
    assert_eq!(kind(store.append(beyond).await), ErrorKind::TooLarge);
    let broken = commit("1", 0, vec![event("{}"), event(&b"{\"a\":\"\xff\"}"[..])]);
    assert_eq!(kind(store.append(broken).await), ErrorKind::Unfaithful);
    put(&store, "1", 0, 1).await.unwrap();
}

/// Many commits, each of a stream of its own and one that all want: how many were stored, how many in part.
async fn race(store: &SqliteStore, round: u64, at_once: bool) -> (usize, usize) {
    let racers = (0..16).map(|racer| {
        let store = store.clone();
        let own = format!("{round}-{racer}");
        let expected = head_of_shared(round);
        let streams = vec![
            part(&own, 0, events(3)),
            part("shared", expected, events(2)),
        ];
        tokio::spawn(async move {
            if at_once {
                return (own, store.append(commit_of(streams)).await.map(drop));
            }
            for one in streams {
                if let Err(error) = store.append(commit_of(vec![one])).await {
                    return (own, Err(error));
                }
            }
            (own, Ok(()))
        })
    });
    let (mut whole, mut torn) = (0, 0);
    for racer in join_all(racers).await {
        let (own, result) = racer.unwrap();
        whole += usize::from(result.is_ok());
        assert!(result.is_ok() || result.as_ref().is_err_and(Error::is_conflict));
        let stored = head(store, &own).await;
        torn += usize::from(stored != if result.is_ok() { 3 } else { 0 });
    }
    (whole, torn)
}

fn head_of_shared(round: u64) -> u64 {
    round * 2
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_multi_stream_commits_each_is_stored_whole_or_not_at_all() {
    let file = File::new();
    let store = file.open().await;
    for round in 0..20 {
        assert_eq!(race(&store, round, true).await, (1, 0));
    }
    assert_eq!(head(&store, "shared").await, head_of_shared(20));
}

/// The planted bug: one commit for each stream. The check above must see it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_made_of_several_appends_are_seen_to_be_torn() {
    let store = SqliteStore::in_memory().await.unwrap();
    assert_eq!(race(&store, 0, false).await, (1, 15));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_append_is_stored_once_or_not_at_all() {
    let file = File::new();
    let store = file.open().await;
    for i in 0..100 {
        let id = format!("s{i}");
        let one = commit(&id, 0, events(2));
        let pending = store.append(one.clone());
        let asked = tokio::time::timeout(std::time::Duration::ZERO, pending).await;
        if i % 2 == 0 {
            drop(asked);
        }
        store.append(one).await.unwrap();
        assert_eq!(head(&store, &id).await, 2);
    }
}

#[tokio::test]
async fn recorded_time_never_decreases_within_a_stream() {
    for with_file in [true, false] {
        let file = File::new();
        let clock = Arc::new(ManualClock::at(Timestamp::from_unix_micros(1_000)));
        let options = SqliteOptions::default().clock(Arc::clone(&clock));
        let store = if with_file {
            SqliteStore::open_with(file.path(), options).await.unwrap()
        } else {
            SqliteStore::in_memory_with(options).await.unwrap()
        };
        put(&store, "1", 0, 1).await.unwrap();
        clock.set(Timestamp::from_unix_micros(-500));
        let backwards = put(&store, "1", 1, 1).await.unwrap();
        assert_eq!(backwards.streams[0].recorded_at.unix_micros(), 1_000);
        let other = put(&store, "2", 0, 1).await.unwrap();
        assert_eq!(other.streams[0].recorded_at.unix_micros(), -500);
        clock.set(Timestamp::from_unix_micros(2_000));
        put(&store, "1", 2, 1).await.unwrap();
        let page = read(&store, "1").await;
        let times: Vec<_> = page.iter().map(|e| e.recorded_at.unix_micros()).collect();
        assert_eq!(times, [1_000, 1_000, 2_000]);
    }
}

#[derive(Debug)]
struct Explosive(std::sync::atomic::AtomicBool);

impl Clock for Explosive {
    fn now(&self) -> Timestamp {
        let explode = self.0.swap(false, std::sync::atomic::Ordering::SeqCst);
        assert!(!explode, "a clock that fails once");
        Timestamp::from_unix_micros(1)
    }
}

#[tokio::test]
async fn the_writer_survives_a_panicking_clock_and_stores_nothing_of_that_commit() {
    let file = File::new();
    let options = SqliteOptions::default().clock(Explosive(true.into()));
    let store = SqliteStore::open_with(file.path(), options).await.unwrap();
    let ids: Vec<_> = (0..10).map(|i| format!("s{i}")).collect();
    let results = join_all(ids.iter().map(|id| put(&store, id, 0, 2))).await;
    assert_eq!(results.iter().filter(|r| r.is_err()).count(), 1);
    for (id, result) in ids.iter().zip(results) {
        let stored = if result.is_ok() { 2 } else { 0 };
        assert_eq!(head(&store, id).await, stored);
        put(&store, id, stored, 1).await.unwrap();
    }
}

#[tokio::test]
async fn bytes_come_back_as_they_were() {
    let file = File::new();
    let payloads: [&[u8]; 7] = [
        br#"{"text":"a\u0000b","zero":-0.0,"big":1e5,"b":1,"a":2,"a":3}"#,
        "{\"née\":\"日本 \u{1F600} \u{FFFD}\u{FEFF}\"}".as_bytes(),
        b"{\"raw nul\":\"a\0b\"}",
        b"\0",
        b"",
        b" [1, 2] ",
        b"12345678901234567890",
    ];
    let mut all: Vec<_> = payloads.iter().map(|p| event(*p)).collect();
    for mut binary in all.clone() {
        binary.id = uuid::Uuid::now_v7();
        binary.codec = "bincode".into();
        binary.metadata = r#"{"actor":"Zoë \u0000"}"#.into();
        binary.event_version = u32::MAX;
        all.push(binary);
    }
    let mut noise = event((0..=255_u8).cycle().take(70_000).collect::<Vec<_>>());
    noise.codec = "json+encrypted".into();
    all.push(noise);
    {
        let store = file.open().await;
        store
            .append(commit("ünïcode/'\"%", 0, all.clone()))
            .await
            .unwrap();
        store.close().await;
    }
    let store = file.open().await;
    let page = read(&store, "ünïcode/'\"%").await;
    assert_eq!(page.len(), all.len());
    for (stored, written) in page.iter().zip(&all) {
        assert_eq!(stored.payload, &written.payload[..]);
        assert_eq!(stored.metadata, &written.metadata[..]);
        assert_eq!(stored.codec, written.codec);
        assert_eq!(stored.id, written.id);
        assert_eq!(stored.event_version, written.event_version);
        assert_eq!(stored.stream, "order/ünïcode/'\"%");
    }
    let types: Vec<String> = file
        .raw()
        .prepare("SELECT DISTINCT typeof(payload) FROM events WHERE codec = 'json'")
        .and_then(|mut rows| rows.query_map([], |row| row.get(0))?.collect())
        .unwrap();
    assert_eq!(types, ["text"]);
}

#[tokio::test]
async fn large_events_and_large_commits() {
    let file = File::new();
    let store = file.open().await;
    let large = format!("\"{}\"", "x".repeat(5_000_000));
    store
        .append(commit("large", 0, vec![event(large.clone())]))
        .await
        .unwrap();
    assert_eq!(
        read(&store, "large").await.first().unwrap().payload,
        large.as_bytes()
    );
    let many = put(&store, "many", 0, 10_000).await.unwrap();
    assert_eq!(many.streams[0].positions.len(), 10_000);
    assert!(many.streams[0].positions.is_sorted());
    assert_eq!(head(&store, "many").await, 10_000);
    assert_eq!(follow(&store, None, 512).await.len(), 10_001);
}
