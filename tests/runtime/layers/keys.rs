//! Keys: rotation, missing ones, wrong ones.

use eventsourcing::{
    ErrorKind,
    codec::layer::{Encrypted, KeyRing},
    prelude::*,
    snapshot::SnapshotMiss,
};

use super::{Store, builder, encrypted, events, key, saved_as, snapshot_rows};

fn ring(current: (&str, u8), others: &[(&str, u8)]) -> Encrypted {
    let mut keys = KeyRing::new(current.0, key(current.1)).unwrap();
    for (id, byte) in others {
        keys = keys.and(*id, key(*byte)).unwrap();
    }
    Encrypted::new(keys)
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

pub(crate) async fn rotation_reads_old_rows_and_writes_new_ones(store: Store) {
    let id = "main".to_owned();
    let snapshots = store.snapshot_store().unwrap();
    let with = |keys: Encrypted| {
        let builder = builder(&store).layer(keys);
        builder.snapshots(SnapshotPolicy::every(2)).build().unwrap()
    };
    saved_as(&with(ring(("key-2026", 1), &[])), &id, 3).await;
    // First everybody learns the new key, then somebody seals with it.
    let learned = with(ring(("key-2026", 1), &[("key-2027", 2)]));
    let rotated = with(ring(("key-2027", 2), &[("key-2026", 1)]));
    assert_eq!(rotated.load(&id).await.unwrap().bookings, [1, 2, 3]);
    let stats = rotated.snapshot_stats();
    // Rotation doesn't make a row stale.
    assert_eq!((stats.hits, stats.missed(SnapshotMiss::StaleCodec)), (1, 0));
    rotated.execute(&id, |l| l.book(4)).await.unwrap();
    rotated.execute(&id, |l| l.book(5)).await.unwrap();
    assert_eq!(learned.load(&id).await.unwrap().bookings, [1, 2, 3, 4, 5]);
    assert_eq!(learned.snapshot_stats().hits, 1);

    let page = events(&store, &id).await;
    let old: Vec<bool> = page
        .iter()
        .map(|row| holds(row.payload, "key-2026"))
        .collect();
    assert_eq!(old, [true, true, true, true, false, false]);
    assert!(page.iter().all(|row| row.codec == "json+aead"));
    let rows = snapshot_rows(&*snapshots, &id).await;
    let old: Vec<bool> = rows
        .iter()
        .map(|row| holds(row.state.as_ref().unwrap(), "key-2026"))
        .collect();
    assert_eq!(old, [true, false]);

    // Who only has the old key uses the older snapshot, and says which event it can't read.
    let late = with(ring(("key-2026", 1), &[]));
    let error = late.load(&id).await.unwrap_err();
    let locked = ErrorKind::Locked {
        layer: "aead".into(),
        key: Some("key-2027".into()),
    };
    assert_eq!((error.kind(), error.version()), (&locked, Some(5.into())));
    assert_eq!(late.load_at(&id, 4).await.unwrap().bookings, [1, 2, 3]);
    assert_eq!(late.snapshot_stats().missed(SnapshotMiss::Unreadable), 1);
    assert_eq!(snapshot_rows(&*snapshots, &id).await, rows);
}

pub(crate) async fn a_missing_key_and_a_wrong_one_are_named(store: Store) {
    let id = "main".to_owned();
    let ledgers = builder(&store).layer(encrypted("k", 7)).build().unwrap();
    saved_as(&ledgers, &id, 3).await;
    for (other, why) in [
        (encrypted("other", 7), "no key \"k\" in the ring"),
        (encrypted("k", 8), "not the one it was sealed with"),
    ] {
        let other = builder(&store).layer(other).build().unwrap();
        for error in [
            other.load(&id).await.unwrap_err(),
            other.contains(&id).await.unwrap_err(),
            other.history(&id).collect().await.unwrap_err(),
        ] {
            let locked = ErrorKind::Locked {
                layer: "aead".into(),
                key: Some("k".into()),
            };
            assert_eq!(*error.kind(), locked);
            assert_eq!(error.stream().unwrap().as_str(), "ledger/main");
            assert!(error.version().is_some());
            let text = error.to_string();
            assert!(text.contains(why) && text.contains("\"aead\""), "{text}");
        }
    }
}

#[test]
fn a_ring_shows_ids_only() {
    let ring = KeyRing::new("this", [0xab; 32]).unwrap();
    let ring = ring.and("that", [0xcd; 32]).unwrap();
    assert_eq!(ring.ids().collect::<Vec<_>>(), ["this", "that"]);
    let shown = format!("{:?}", Encrypted::new(ring.clone()));
    assert_eq!(shown, r#"Encrypted { keys: KeyRing(["this", "that"]) }"#);
    let long = "x".repeat(65);
    for id in ["", "this", "a\nb", &long] {
        let error = ring.clone().and(id, [0; 32]).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::InvalidConfiguration);
    }
}
