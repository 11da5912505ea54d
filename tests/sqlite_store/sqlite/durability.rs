//! What is acknowledged is there: transactions that fail, processes that are killed.
//!
//! Triggers stand in for a failing disk: they make one statement, the whole transaction, or the COMMIT fail.

use eventsourcing::{
    ErrorKind,
    snapshot::{SavedSnapshot, SnapshotStore},
    store::{EventStore, SqliteStore},
};
use futures_util::future::join_all;

use super::{File, commit, event, events, follow, head, key, kind, put, row};

/// The third event of a stream whose first is stored makes the statement fail.
const STATEMENT: &str = "CREATE TRIGGER bad BEFORE INSERT ON events WHEN NEW.payload = 'bad'
    BEGIN SELECT RAISE(ABORT, 'bad sector'); END";
/// As a full disk does: everything since BEGIN is undone.
const TRANSACTION: &str = "CREATE TRIGGER bad BEFORE INSERT ON events WHEN NEW.payload = 'bad'
    BEGIN SELECT RAISE(ROLLBACK, 'bad sector'); END";
/// Only COMMIT finds out.
const COMMIT: &str = "CREATE TABLE good (id INTEGER PRIMARY KEY);
    CREATE TABLE promised (id INTEGER REFERENCES good (id) DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER bad AFTER INSERT ON events WHEN NEW.payload = 'bad'
    BEGIN INSERT INTO promised VALUES (1); END";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_commit_takes_none_of_its_neighbours_along() {
    for (trigger, kind) in [
        (STATEMENT, ErrorKind::Storage),
        (TRANSACTION, ErrorKind::Storage),
        (COMMIT, ErrorKind::Storage),
    ] {
        for place in [0, 2] {
            let file = File::new();
            let store = file.open().await;
            file.raw().execute_batch(trigger).unwrap();
            let ids: Vec<_> = (0..60).map(|i| format!("s{i}")).collect();
            let appends = ids.iter().enumerate().map(|(i, id)| {
                let mut all = events(3);
                if i % 20 == 10 {
                    all[place] = event("bad");
                }
                store.append(commit(id, 0, all))
            });
            let snapshots = ids.iter().map(|id| store.save(row(&key(id, 1), 3, "s")));
            let (appended, saved) =
                futures_util::future::join(join_all(appends), join_all(snapshots)).await;
            for (i, (id, result)) in ids.iter().zip(appended).enumerate() {
                match result {
                    Ok(done) => {
                        assert!(i % 20 != 10 && !done.repeated);
                        assert_eq!(head(&store, id).await, 3);
                    }
                    Err(error) => {
                        assert_eq!(i % 20, 10, "{error}");
                        assert_eq!(*error.kind(), kind, "{error}");
                        assert_eq!(head(&store, id).await, 0);
                    }
                }
            }
            assert!(
                saved
                    .into_iter()
                    .all(|s| matches!(s, Ok(SavedSnapshot::Stored)))
            );
            let seen = follow(&store, None, 100).await;
            assert_eq!(seen.len(), 57 * 3);
            put(&store, "s10", 0, 1).await.unwrap();
        }
    }
}

#[tokio::test]
async fn nobody_is_acknowledged_before_commit() {
    let file = File::new();
    let store = file.open().await;
    file.raw().execute_batch(COMMIT).unwrap();
    let result = store.append(commit("1", 0, vec![event("bad")])).await;
    assert_eq!(kind(result), ErrorKind::Storage);
    assert_eq!(head(&store, "1").await, 0);
    // The same commit again, once the fault is mended.
    let again = commit("1", 0, vec![event("bad")]);
    assert!(store.append(again.clone()).await.is_err());
    file.raw().execute_batch("DROP TRIGGER bad").unwrap();
    assert!(!store.append(again.clone()).await.unwrap().repeated);
    assert!(store.append(again).await.unwrap().repeated);
    assert_eq!(head(&store, "1").await, 1);
}

#[tokio::test]
async fn a_closed_store_leaves_one_file_with_everything_in_it() {
    let file = File::new();
    let store = file.open().await;
    put(&store, "1", 0, 10).await.unwrap();
    let clone = store.clone();
    store.close().await;
    let names: Vec<_> = std::fs::read_dir(file.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["orders.db"]);
    assert_eq!(kind(put(&clone, "1", 10, 1).await), ErrorKind::Unavailable);
    assert_eq!(
        kind(clone.head(&super::stream("1")).await),
        ErrorKind::Unavailable
    );
    clone.close().await;
    assert_eq!(head(&file.open().await, "1").await, 10);
}

#[tokio::test]
async fn a_closed_store_in_memory_says_so() {
    let store = SqliteStore::in_memory().await.unwrap();
    put(&store, "1", 0, 1).await.unwrap();
    store.close().await;
    assert_eq!(kind(put(&store, "1", 1, 1).await), ErrorKind::Unavailable);
    assert_eq!(
        kind(store.head(&super::stream("1")).await),
        ErrorKind::Unavailable
    );
}

#[tokio::test]
async fn what_was_queued_when_the_last_handle_went_is_stored() {
    let file = File::new();
    let one = commit("1", 0, events(2));
    {
        let store = file.open().await;
        let pending = store.append(one.clone());
        // Asked for, not awaited to its end.
        let _ = tokio::time::timeout(std::time::Duration::ZERO, pending).await;
    }
    let store = file.open().await;
    store.append(one).await.unwrap();
    assert_eq!(head(&store, "1").await, 2);
}
