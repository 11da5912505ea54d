//! The writer remembers where streams end. What it remembers must never be older than the file.

use eventsourcing::{ErrorKind, Version, store::EventStore as _};
use futures_util::future::join_all;

use super::{File, commit, events, follow, head, kind, put, read};

/// More streams than are remembered.
const MANY: usize = 5_000;

fn conflict(expected: u64, actual: u64) -> ErrorKind {
    ErrorKind::Conflict {
        expected: Version::from(expected),
        actual: Version::from(actual),
    }
}

#[tokio::test]
async fn an_append_sees_what_another_program_did_to_the_stream_in_between() {
    let file = File::new();
    let store = file.open().await;
    let raw = file.raw();
    put(&store, "1", 0, 3).await.unwrap();

    raw.execute("DELETE FROM events WHERE version = 3", [])
        .unwrap();
    assert_eq!(kind(put(&store, "1", 3, 1).await), conflict(3, 2));
    put(&store, "1", 2, 1).await.unwrap();

    raw.execute(
        "INSERT INTO events (stream, version, id, name, event_version, codec, commit_id, recorded_at, payload, metadata)
        SELECT stream, 4, randomblob(16), name, event_version, codec, commit_id, recorded_at, payload, metadata
        FROM events WHERE version = 3",
        [],
    )
    .unwrap();
    assert_eq!(kind(put(&store, "1", 3, 1).await), conflict(3, 4));
    put(&store, "1", 4, 1).await.unwrap();
    assert_eq!(head(&store, "1").await, 5);
}

#[tokio::test]
async fn times_that_another_program_recorded_are_not_undercut() {
    let file = File::new();
    let store = file.open().await;
    put(&store, "1", 0, 1).await.unwrap();
    let later = "UPDATE events SET recorded_at = recorded_at + 3600000000";
    file.raw().execute(later, []).unwrap();
    put(&store, "1", 1, 1).await.unwrap();
    let times: Vec<_> = read(&store, "1")
        .await
        .iter()
        .map(|event| event.recorded_at)
        .collect();
    assert_eq!(times[0], times[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_that_take_turns_see_each_others_appends() {
    let file = File::new();
    let stores = [file.open().await, file.open().await];
    for version in 0..200 {
        // Once behind the other one, once behind itself.
        let turn = usize::from(version % 4 >= 2);
        put(&stores[turn], "1", version, 1).await.unwrap();
        let stale = put(&stores[1 - turn], "1", version, 1).await;
        assert_eq!(kind(stale), conflict(version, version + 1));
    }
    for store in &stores {
        assert_eq!(head(store, "1").await, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_streams_than_are_remembered_are_appended_to_as_ever() {
    let file = File::new();
    let store = file.open().await;
    for version in 0..2 {
        let all = || {
            let commits = (0..MANY).map(|id| commit(&id.to_string(), version, events(1)));
            join_all(commits.map(|commit| store.append(commit)))
        };
        assert!(all().await.iter().all(Result::is_ok));
        for result in all().await {
            assert_eq!(kind(result), conflict(version, version + 1));
        }
    }
    assert_eq!(follow(&store, None, 10_000).await.len(), 2 * MANY);
}

#[tokio::test]
async fn an_event_that_a_trigger_had_ignored_is_not_acknowledged() {
    let file = File::new();
    let store = file.open().await;
    put(&store, "1", 0, 3).await.unwrap();
    let raw = file.raw();
    raw.execute_batch(
        "CREATE TRIGGER ignored BEFORE INSERT ON events WHEN NEW.version IN (4, 6)
        BEGIN SELECT RAISE(IGNORE); END",
    )
    .unwrap();
    assert_eq!(kind(put(&store, "1", 3, 1).await), ErrorKind::Storage);
    // Nothing of a commit of which one event is ignored.
    assert_eq!(kind(put(&store, "1", 3, 2).await), ErrorKind::Storage);
    assert_eq!(kind(put(&store, "1", 4, 1).await), conflict(4, 3));
    raw.execute_batch("DROP TRIGGER ignored").unwrap();
    put(&store, "1", 3, 3).await.unwrap();
    assert_eq!(read(&store, "1").await.len(), 6);
}
