//! A full disk, by `max_page_count`.

use eventsourcing::{
    ErrorKind,
    snapshot::{SnapshotInfo, SnapshotStore},
    store::{EventStore, SqliteOptions, SqliteStore},
};
use futures_util::future::join_all;

use super::{File, commit, event, head, key, kind, put, read, row};

async fn small(file: &File) -> SqliteStore {
    let options = SqliteOptions::default().max_page_count(60);
    SqliteStore::open_with(file.path(), options).await.unwrap()
}

fn big(id: &str, expected: u64) -> eventsourcing::store::Commit {
    commit(
        id,
        expected,
        vec![event(format!("\"{}\"", "x".repeat(20_000)))],
    )
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_lost() {
    let file = File::new();
    let store = small(&file).await;
    let mut stored = 0;
    let error = loop {
        match store.append(big("1", stored)).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(*error.kind(), ErrorKind::Full);
    assert!(error.to_string().contains("orders.db"), "{error}");
    assert!(stored > 3);
    assert_eq!(head(&store, "1").await, stored);
    assert_eq!(read(&store, "1").await.len() as u64, stored);
    let snapshot = row(&key("1", 1), stored, vec![0; 100_000]);
    assert_eq!(kind(store.save(snapshot.clone()).await), ErrorKind::Full);
    // Whoever has no limit goes on, in the same file.
    let roomy = file.open().await;
    roomy.append(big("1", stored)).await.unwrap();
    roomy.save(snapshot.clone()).await.unwrap();
    assert_eq!(head(&store, "1").await, stored + 1);
    // Room is made: the same store goes on.
    assert!(roomy.delete(&SnapshotInfo::from(&snapshot)).await.unwrap());
    store.append(big("1", stored + 1)).await.unwrap();
    assert_eq!(head(&store, "1").await, stored + 2);
}

#[tokio::test]
async fn what_fits_is_stored_beside_what_does_not() {
    let file = File::new();
    let store = small(&file).await;
    let huge = || commit("huge", 0, vec![event(vec![b' '; 1_000_000]), event("{}")]);
    let ids: Vec<_> = (0..30).map(|i| format!("s{i}")).collect();
    let (fits, full) = futures_util::future::join(
        join_all(ids.iter().map(|id| put(&store, id, 0, 2))),
        join_all((0..5).map(|_| store.append(huge()))),
    )
    .await;
    assert!(fits.into_iter().all(|result| result.is_ok()));
    assert!(
        full.into_iter()
            .all(|result| kind(result) == ErrorKind::Full)
    );
    assert_eq!(head(&store, "huge").await, 0);
    for id in &ids {
        assert_eq!(head(&store, id).await, 2);
    }
}

#[tokio::test]
async fn no_room_for_the_tables_is_said_when_it_is_opened() {
    let file = File::new();
    let options = SqliteOptions::default().max_page_count(3);
    let result = SqliteStore::open_with(file.path(), options).await;
    assert_eq!(kind(result), ErrorKind::Full);
    put(&file.open().await, "1", 0, 1).await.unwrap();
}
