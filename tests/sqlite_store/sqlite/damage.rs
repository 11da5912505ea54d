//! Rows and pages that something else has damaged.

use std::io::{Seek as _, SeekFrom, Write as _};

use eventsourcing::{
    ErrorKind, Version,
    snapshot::{Newest, SavedSnapshot, SnapshotInfo, SnapshotStore},
    store::{EventStore, ReadAll, ReadStream},
};

use super::{File, head, key, kind, put, read, row, stream};

#[tokio::test]
async fn a_damaged_event_row_is_an_error_that_names_stream_and_version() {
    for damage in [
        "id = x'00'",
        "id = 'sixteen letters!'",
        "name = x'ff'",
        "event_version = -1",
        "event_version = 4294967296",
        "event_version = 'one'",
        "codec = x'00'",
        "commit_id = x''",
        "recorded_at = 'now'",
        "recorded_at = 1.5",
        "payload = 5",
        "metadata = CAST(x'00ff' AS BLOB), payload = 1.5",
        "stream = CAST('order/1' AS BLOB)",
    ] {
        let file = File::new();
        let store = file.open().await;
        put(&store, "1", 0, 3).await.unwrap();
        put(&store, "2", 0, 3).await.unwrap();
        let sql = format!("UPDATE events SET {damage} WHERE stream = 'order/1' AND version = 2");
        assert_eq!(file.raw().execute(&sql, []).unwrap(), 1);
        let all = ReadAll {
            limit: 2,
            ..ReadAll::default()
        };
        let page = store.read_all(all.clone()).await.unwrap();
        assert_eq!(page.len(), 1, "what is before it can be read");
        let after = page.last().map(|event| event.position);
        let error = store.read_all(ReadAll { after, ..all }).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Corrupt, "{damage}");
        assert_eq!(error.version(), Some(Version::from(2)));
        assert!(error.to_string().contains("is damaged"), "{error}");
        if !damage.starts_with("stream") {
            assert_eq!(error.stream(), Some(&stream("1")), "{damage}");
            let two = ReadStream::from(Version::from(2));
            let error = store.read_stream(&stream("1"), two).await.unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Corrupt, "{damage}");
            assert_eq!(error.stream(), Some(&stream("1")));
        }
        // Other streams stay usable.
        put(&store, "2", 3, 1).await.unwrap();
        assert_eq!(read(&store, "2").await.len(), 4);
    }
}

#[tokio::test]
async fn what_is_folded_is_read_up_to_the_damage() {
    for (damage, is_folded) in [
        ("name = CAST(x'ff' AS TEXT)", true),
        ("name = x'ff'", true),
        ("event_version = -1", true),
        ("codec = CAST(x'ff' AS TEXT)", true),
        ("codec = x'00'", true),
        ("payload = 5", true),
        ("version = 2.5", true),
        ("id = x'00'", false),
        ("recorded_at = 'now'", false),
        ("commit_id = x''", false),
        ("metadata = 1.5", false),
    ] {
        let file = File::new();
        let store = file.open().await;
        put(&store, "1", 0, 3).await.unwrap();
        let sql = format!("UPDATE events SET {damage} WHERE stream = 'order/1' AND version = 2");
        assert_eq!(file.raw().execute(&sql, []).unwrap(), 1);
        let one = stream("1");
        let folded = |from: u64| ReadStream::from(Version::from(from)).folded();
        let versions = async |read| {
            let page = store.read_stream(&one, read).await?;
            let versions: Vec<u64> = page.iter().map(|event| event.version.get()).collect();
            Ok::<_, eventsourcing::Error>((versions, page.has_more()))
        };
        let whole = versions(folded(1)).await.unwrap();
        if is_folded {
            assert_eq!(whole, (vec![1], true), "{damage}");
            let error = versions(folded(2)).await.unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Corrupt, "{damage}");
            assert_eq!(error.stream(), Some(&one), "{damage}");
        } else {
            // Nobody looks at it, as long as it isn't what the page ends with.
            assert_eq!(whole, (vec![1, 2, 3], false), "{damage}");
            let ends_with_it = versions(folded(1).limit(2)).await.unwrap();
            if damage.starts_with("id") || damage.starts_with("recorded_at") {
                assert_eq!(ends_with_it, (vec![1], true), "{damage}");
                let error = versions(folded(2).limit(1)).await.unwrap_err();
                assert_eq!(*error.kind(), ErrorKind::Corrupt, "{damage}");
                assert_eq!(error.version(), Some(Version::from(2)), "{damage}");
            } else {
                assert_eq!(ends_with_it, (vec![1, 2], true), "{damage}");
            }
        }
    }
}

#[tokio::test]
async fn a_damaged_version_is_an_error_for_its_stream_only() {
    let file = File::new();
    let store = file.open().await;
    put(&store, "1", 0, 2).await.unwrap();
    let sql = "UPDATE events SET version = 'x' WHERE version = 2";
    file.raw().execute(sql, []).unwrap();
    assert_eq!(kind(store.head(&stream("1")).await), ErrorKind::Corrupt);
    assert_eq!(kind(put(&store, "1", 2, 1).await), ErrorKind::Corrupt);
    put(&store, "2", 0, 1).await.unwrap();
}

#[tokio::test]
async fn a_damaged_snapshot_row_is_returned_as_bad_and_can_be_deleted() {
    for (damage, listed_under_its_key) in [
        ("last_event = x'00'", true),
        ("last_event = 'text'", true),
        ("created_at = 'yesterday'", true),
        ("checksum = 'none'", true),
        ("checksum = checksum + 1", true),
        ("state = x''", true),
        ("state = NULL", true),
        ("state = 17", true),
        ("state = 'other'", true),
        ("version = 4", true),
        ("version = -3", true),
        ("version = 2.5", true),
        ("fingerprint = x'07'", false),
        ("codec = x'ff'", false),
        ("schema_version = -1", false),
    ] {
        let file = File::new();
        let store = file.open().await;
        let key = key("1", 1);
        store.save(row(&key, 5, &b"state"[..])).await.unwrap();
        let sql = format!("UPDATE snapshots SET {damage}");
        assert_eq!(file.raw().execute(&sql, []).unwrap(), 1);
        let infos = store.list(&stream("1")).await.unwrap();
        assert_eq!(infos.len(), 1);
        match store.newest(&key, Version::MAX).await.unwrap() {
            Newest::Found(bad) => {
                assert!(listed_under_its_key && !bad.is_intact(), "{damage}");
                assert_eq!(SnapshotInfo::from(&bad), infos[0], "{damage}");
            }
            Newest::Absent(others) => {
                assert!(!listed_under_its_key, "{damage}");
                assert_eq!(others, [infos[0].key.clone()]);
            }
        }
        assert!(store.delete(&infos[0]).await.unwrap(), "{damage}");
        assert!(!store.delete(&infos[0]).await.unwrap());
        assert!(store.list(&stream("1")).await.unwrap().is_empty());
        assert_eq!(
            store.save(row(&key, 5, "x")).await.unwrap(),
            SavedSnapshot::Stored
        );
    }
}

#[tokio::test]
async fn damaged_pages_are_an_error_and_no_panic() {
    let file = File::new();
    let store = file.open().await;
    put(&store, "1", 0, 2_000).await.unwrap();
    store.close().await;
    let mut raw = std::fs::OpenOptions::new()
        .write(true)
        .open(file.path())
        .unwrap();
    let length = raw.metadata().unwrap().len();
    for page in 12..length / 4_096 {
        raw.seek(SeekFrom::Start(page * 4_096)).unwrap();
        raw.write_all(&[0xA5; 200]).unwrap();
    }
    drop(raw);
    let store = file.open().await;
    let all = ReadAll {
        limit: 10_000,
        ..ReadAll::default()
    };
    let error = store.read_all(all).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Corrupt, "{error}");
    assert!(error.to_string().contains("orders.db"), "{error}");
    drop(store);
}

#[tokio::test]
async fn rows_deleted_behind_its_back_leave_the_store_usable() {
    let file = File::new();
    let store = file.open().await;
    put(&store, "1", 0, 3).await.unwrap();
    file.raw()
        .execute("DELETE FROM events WHERE version = 2", [])
        .unwrap();
    let versions: Vec<_> = read(&store, "1")
        .await
        .iter()
        .map(|e| e.version.get())
        .collect();
    assert_eq!(versions, [1, 3]);
    assert_eq!(head(&store, "1").await, 3);
    put(&store, "1", 3, 1).await.unwrap();
}
