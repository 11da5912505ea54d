//! Processes that are set up wrongly: they leave every row as it was, and load the right state wherever they can read the
//! events.

use eventsourcing::{
    ErrorKind,
    codec::layer::{Compressed, Encrypted, KeyRing},
    prelude::*,
    snapshot::SnapshotMiss,
};

use super::{Builder, Store, both, builder, encrypted, events, key, saved_as, snapshot_rows};
use crate::domain::{Closed, Ledger};

type SetUp = fn(Builder) -> Builder;

/// Who lacks something that others have, by what.
fn strangers() -> Vec<(&'static str, SetUp)> {
    let wrong_key = |builder: Builder| {
        builder
            .snapshot_layer(Compressed::new())
            .snapshot_layer(encrypted("k", 8))
    };
    let missing_key = |builder: Builder| {
        builder
            .snapshot_layer(Compressed::new())
            .snapshot_layer(encrypted("another", 7))
    };
    let two_wrong_keys = |builder: Builder| {
        let ring = KeyRing::new("another", key(9)).unwrap();
        let ring = ring.and("k", key(1)).unwrap();
        builder
            .snapshot_layer(Compressed::new())
            .snapshot_layer(Encrypted::new(ring))
    };
    vec![
        ("a wrong key", wrong_key),
        ("a missing key", missing_key),
        ("wrong keys", two_wrong_keys),
        ("no layers", |builder| builder),
        ("one layer", |builder| {
            builder.snapshot_layer(Compressed::new())
        }),
    ]
}

async fn live(ledgers: &Repository<Ledger>, id: &String, state: &Ledger) {
    let loaded = ledgers.load(id).await.unwrap();
    assert_eq!(loaded.state(), state);
    assert_eq!(ledgers.find(id).await.unwrap().unwrap().state(), state);
    assert!(ledgers.contains(id).await.unwrap());
    assert_eq!(ledgers.load_at(id, 5).await.unwrap().bookings.len(), 4);
    assert_eq!(ledgers.history(id).collect().await.unwrap().len(), 9);
    ledgers.snapshots(id).await.unwrap();
    // At the head there is a row of the others.
    let _ = ledgers.create_snapshot(&loaded).await;
}

pub(crate) async fn strangers_leave_every_row_as_it_was(store: Store) {
    let snapshots = store.snapshot_store().unwrap();
    for (who, set_up) in strangers() {
        for writes in [false, true] {
            let id = format!("{who}, {writes}");
            let policy = if writes {
                SnapshotPolicy::always()
            } else {
                SnapshotPolicy::never()
            };
            let seals = |builder: Builder| {
                builder
                    .snapshot_layer(Compressed::new())
                    .snapshot_layer(encrypted("k", 7))
                    .snapshots(SnapshotPolicy::every(2))
                    .build()
                    .unwrap()
            };
            let mut root = saved_as(&seals(builder(&store)), &id, 3).await;
            for amount in 4..9 {
                root.record(crate::domain::bookings(amount, 1));
                seals(builder(&store)).save(&mut root).await.unwrap();
            }
            let head = seals(builder(&store));
            head.create_snapshot(&root).await.unwrap();
            let before = snapshot_rows(&*snapshots, &id).await;
            let stored = events(&store, &id).await;
            assert_eq!(before.len(), 4);

            let stranger = set_up(builder(&store)).snapshots(policy).build().unwrap();
            live(&stranger, &id, root.state()).await;
            let stats = stranger.snapshot_stats();
            let unreadable = stats.missed(SnapshotMiss::Unreadable);
            let stale = stats.missed(SnapshotMiss::StaleCodec);
            assert!(unreadable > 0 || stale > 0, "{who}: {stats:?}");
            if who.contains("key") {
                let error = stranger.create_snapshot(&root).await.unwrap_err();
                assert!(matches!(error.kind(), ErrorKind::Locked { .. }), "{error}");
                assert_eq!((stats.stored, stale), (0, 0));
                assert_eq!(snapshot_rows(&*snapshots, &id).await, before, "{who}");
            }
            // It goes on with the stream, and may add what it can read itself.
            stranger.execute(&id, |l| l.book(9)).await.unwrap();
            stranger.execute(&id, |l| l.book(10)).await.unwrap();
            let after = snapshot_rows(&*snapshots, &id).await;
            for row in &before {
                assert!(after.contains(row), "{who} touched {row:?}");
            }
            assert!(after.len() > before.len() || !writes);
            let page = events(&store, &id).await;
            for (before, after) in stored.iter().zip(page.iter()) {
                assert_eq!(before, after);
            }
            // Whatever it added harms nobody.
            let loaded = head.load(&id).await.unwrap();
            assert_eq!(loaded.bookings, (1..11).collect::<Vec<_>>());
            let mut loaded = stranger.load(&id).await.unwrap();
            assert_eq!(loaded.bookings, (1..11).collect::<Vec<_>>());
            stranger.discard(&mut loaded, Closed).await.unwrap();
            assert!(head.find(&id).await.unwrap().is_none());
        }
    }
}

pub(crate) async fn a_missing_layer_is_named(store: Store) {
    let id = "main".to_owned();
    saved_as(&both(builder(&store)).build().unwrap(), &id, 3).await;
    let plain = builder(&store).build().unwrap();
    for error in [
        plain.load(&id).await.unwrap_err(),
        plain.contains(&id).await.unwrap_err(),
        plain.history(&id).collect().await.unwrap_err(),
    ] {
        let layer = "aead".to_owned();
        assert_eq!(*error.kind(), ErrorKind::UnknownLayer { layer });
        assert_eq!(error.stream().unwrap().as_str(), "ledger/main");
        assert!(error.version().is_some());
    }
    // A hostile codec column costs nothing: no more layers are taken off than can be put on.
    let mut rows = super::rows(&store, &id).await;
    rows[0].codec = format!("json{}", "+zstd".repeat(9)).into();
    super::put(&store, "deep", rows).await;
    let error = plain.load("deep".to_owned()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnknownLayer { .. }));
}
