//! The snapshot table, through the trait.

use eventsourcing::{
    StreamId, Version,
    snapshot::{Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow, SnapshotStore},
    store::{EventStore, SqliteStore},
};
use futures_util::future::join_all;

use super::{File, key, row, stream};

async fn newest(store: &SqliteStore, key: &SnapshotKey, at_most: u64) -> Option<SnapshotRow> {
    match store.newest(key, Version::from(at_most)).await.unwrap() {
        Newest::Found(row) => Some(row),
        Newest::Absent(_) => None,
    }
}

#[tokio::test]
async fn rows_come_back_as_they_were_and_the_highest_version_is_the_newest() {
    for file in [Some(File::new()), None] {
        let store = match &file {
            Some(file) => file.open().await,
            None => SqliteStore::in_memory().await.unwrap(),
        };
        let key = key("1", 1);
        assert_eq!(newest(&store, &key, 100).await, None);
        let rows: Vec<_> = [10, 5, 20, 15]
            .map(|v| row(&key, v, format!("state {v}")))
            .into();
        for row in &rows {
            assert_eq!(
                store.save(row.clone()).await.unwrap(),
                SavedSnapshot::Stored
            );
        }
        assert_eq!(
            newest(&store, &key, u64::MAX).await.as_ref(),
            Some(&rows[2])
        );
        assert_eq!(newest(&store, &key, 20).await.as_ref(), Some(&rows[2]));
        assert_eq!(newest(&store, &key, 19).await.as_ref(), Some(&rows[3]));
        assert_eq!(newest(&store, &key, 5).await.as_ref(), Some(&rows[1]));
        assert_eq!(newest(&store, &key, 4).await, None);
        assert!(newest(&store, &key, 20).await.unwrap().is_intact());
        let discarded = SnapshotRow {
            state: None,
            ..row(&key, 30, "")
        };
        store.save(discarded.clone()).await.unwrap();
        assert_eq!(newest(&store, &key, 30).await, Some(discarded));
        let listed = store.list(&stream("1")).await.unwrap();
        let versions: Vec<_> = listed.iter().map(|info| info.version.get()).collect();
        assert_eq!(versions, [5, 10, 15, 20, 30]);
        assert_eq!(listed[0], SnapshotInfo::from(&rows[1]));
        assert_eq!(listed[4].state_len, None);
    }
}

#[tokio::test]
async fn a_row_of_the_same_key_and_version_stays_as_it_is() {
    let store = SqliteStore::in_memory().await.unwrap();
    let key = key("1", 1);
    let first = row(&key, 10, "first");
    store.save(first.clone()).await.unwrap();
    let again = store.save(row(&key, 10, "second")).await.unwrap();
    assert_eq!(again, SavedSnapshot::Existing(first.clone()));
    assert_eq!(newest(&store, &key, 10).await, Some(first));
}

#[tokio::test]
async fn without_a_row_of_its_key_the_others_are_named_once() {
    let store = SqliteStore::in_memory().await.unwrap();
    let (one, two) = (key("1", 1), key("1", 2));
    let mut other_codec = key("1", 1);
    other_codec.codec = "json".to_owned();
    for (key, version) in [(&one, 5), (&one, 10), (&other_codec, 5), (&two, 50)] {
        store.save(row(key, version, "state")).await.unwrap();
    }
    store.save(row(&key("2", 9), 1, "state")).await.unwrap();
    let answer = store.newest(&key("1", 3), Version::from(20)).await.unwrap();
    assert_eq!(answer, Newest::Absent(vec![one.clone(), other_codec]));
    let answer = store.newest(&two, Version::from(4)).await.unwrap();
    assert_eq!(answer, Newest::Absent(Vec::new()));
    // Its own key isn't another one.
    let answer = store.newest(&one, Version::from(4)).await.unwrap();
    assert_eq!(answer, Newest::Absent(Vec::new()));
}

#[tokio::test]
async fn delete_removes_exactly_what_was_seen() {
    let store = SqliteStore::in_memory().await.unwrap();
    let key = key("1", 1);
    let stored = row(&key, 10, "state");
    store.save(stored.clone()).await.unwrap();
    let mut other = SnapshotInfo::from(&stored);
    other.checksum ^= 1;
    assert!(!store.delete(&other).await.unwrap());
    let mut other = SnapshotInfo::from(&stored);
    other.version = Version::from(11);
    assert!(!store.delete(&other).await.unwrap());
    let seen = SnapshotInfo::from(&stored);
    let removed = join_all((0..20).map(|_| store.delete(&seen))).await;
    assert_eq!(
        removed.into_iter().filter(|r| *r.as_ref().unwrap()).count(),
        1
    );
    assert!(store.list(&stream("1")).await.unwrap().is_empty());
    assert_eq!(store.save(stored).await.unwrap(), SavedSnapshot::Stored);
}

#[tokio::test]
async fn prune_and_delete_by_category_remove_what_they_name() {
    let store = SqliteStore::in_memory().await.unwrap();
    for (id, schema) in [("1", 1), ("1", 2), ("2", 1)] {
        for version in [5, 10, 15] {
            store
                .save(row(&key(id, schema), version, "state"))
                .await
                .unwrap();
        }
    }
    let mut near = key("1", 1);
    near.stream = StreamId::new("order-line", "1").unwrap();
    store.save(row(&near, 5, "state")).await.unwrap();
    assert_eq!(
        store.prune(&key("1", 1), Version::from(10)).await.unwrap(),
        1
    );
    assert_eq!(
        store.prune(&key("1", 1), Version::from(10)).await.unwrap(),
        0
    );
    assert_eq!(store.list(&stream("1")).await.unwrap().len(), 5);
    assert_eq!(store.delete_category("order", Some(2)).await.unwrap(), 3);
    assert_eq!(store.delete_category("orde", None).await.unwrap(), 0);
    assert_eq!(store.delete_category("order/1", None).await.unwrap(), 0);
    assert_eq!(store.delete_category("order", None).await.unwrap(), 5);
    assert!(newest(&store, &near, 5).await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn saves_in_any_order_at_once_leave_the_highest_as_the_newest() {
    let file = File::new();
    let (store, other) = (file.open().await, file.open().await);
    let key = key("1", 1);
    let saves = (1..=100_u64).map(|i| {
        let version = (i * 37) % 101;
        let store = if i % 2 == 0 {
            store.clone()
        } else {
            other.clone()
        };
        let row = row(&key, version, format!("state {version}"));
        tokio::spawn(async move { store.save(row).await })
    });
    for saved in join_all(saves).await {
        assert_eq!(saved.unwrap().unwrap(), SavedSnapshot::Stored);
    }
    for at_most in [100, 50, 1] {
        assert_eq!(
            newest(&store, &key, at_most).await.unwrap().version,
            at_most
        );
    }
}

#[tokio::test]
async fn the_event_store_gives_the_snapshot_store_of_the_same_file() {
    let file = File::new();
    let store = file.open().await;
    let snapshots = store.snapshot_store().expect("it has one");
    snapshots
        .save(row(&key("1", 1), 1, vec![7; 3_000_000]))
        .await
        .unwrap();
    drop(snapshots);
    store.close().await;
    let row = newest(&file.open().await, &key("1", 1), 1).await.unwrap();
    assert!(row.is_intact());
    assert_eq!(row.state.map(|state| state.len()), Some(3_000_000));
}
