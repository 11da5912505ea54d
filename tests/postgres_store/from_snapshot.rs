//! A snapshot and the events behind it in one round trip, where somebody has taken events away.

use eventsourcing::{
    EventStore as _, Version,
    snapshot::{Fingerprint, Newest, SnapshotKey, SnapshotRow},
};

use crate::bed::{client, database, ids, open, put, stream};

#[tokio::test(flavor = "multi_thread")]
async fn postgres_a_snapshot_is_whole_also_where_its_event_is_gone() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    let appended = put(&store, "1", 0, 3).await;
    let anchor = ids(&store, "1").await[1];
    let key = SnapshotKey {
        stream: stream("1"),
        schema_version: 1,
        fingerprint: Fingerprint::from_bytes([7; 16]),
        codec: "json".into(),
    };
    let at = appended.streams[0].recorded_at;
    let row = SnapshotRow::new(key.clone(), Version::from(2), anchor, at, Some("{}".into()));
    let snapshots = store.snapshot_store().expect("it has one");
    snapshots.save(row.clone()).await.expect("it is saved");
    let read = async || {
        let read = store.read_from_snapshot(&key, Version::MAX, 10).await;
        read.expect("no error").expect("the store can")
    };

    let found = read().await;
    assert!(matches!(found.newest, Newest::Found(found) if found == row));
    let events = found.events.expect("a page");
    let versions: Vec<_> = events.iter().map(|event| event.version.get()).collect();
    assert_eq!(versions, [2, 3]);

    let client = client(database.config()).await;
    let sql = "DELETE FROM eventsourcing.events WHERE version = 2";
    client.batch_execute(sql).await.expect("the deletion");
    let found = read().await;
    assert!(matches!(found.newest, Newest::Found(found) if found == row));
    assert!(found.events.is_none());

    let sql = "DELETE FROM eventsourcing.events WHERE version = 3";
    client.batch_execute(sql).await.expect("the deletion");
    let found = read().await;
    assert!(matches!(found.newest, Newest::Found(found) if found == row));
    assert!(found.events.expect("a page").is_empty());
}
