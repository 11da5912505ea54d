//! Snapshots at and across legacy and retired rows: a load through one is what replay gives.

use std::sync::Arc;

use eventsourcing::{
    prelude::*,
    snapshot::{SnapshotMiss, SnapshotRow, SnapshotStore},
};

use super::{
    domain::{Noted, Order, OrderClosed, before},
    rows::{
        CHANGED_AND_CLOSED, CREATED, HISTORIES, ID, ITEM_V1, PLACED, SEEN, Store, VIEWED, after,
        memory, orders, put, put_all, sqlite, stream,
    },
};

fn with(store: &Store, policy: SnapshotPolicy) -> Repository<Order> {
    let built = Repository::<Order>::builder(Arc::clone(store)).snapshots(policy);
    built.build().expect("nothing to refuse")
}

fn snapshots_of(store: &Store) -> Arc<dyn SnapshotStore> {
    store.snapshot_store().expect("both live together")
}

/// Every load at every version, through whatever snapshots there are, is what replay gives.
async fn check(through: &Repository<Order>, plain: &Repository<Order>, head: u64) {
    let now = through.find(ID.to_owned()).await.unwrap();
    let expected = plain.find(ID.to_owned()).await.unwrap();
    assert_eq!(now.as_deref(), expected.as_deref());
    assert_eq!(
        now.as_ref().map(Root::version),
        expected.as_ref().map(Root::version)
    );
    for version in 1..=head {
        let then = through.find_at(ID.to_owned(), version).await.unwrap();
        let expected = plain.find_at(ID.to_owned(), version).await.unwrap();
        assert_eq!(
            then.as_ref().map(Historical::state),
            expected.as_ref().map(Historical::state),
            "at {version} of {head}"
        );
    }
}

fn plain(store: &Store) -> Repository<Order> {
    let built = Repository::<Order>::builder(Arc::clone(store)).ignore_snapshots();
    built.build().expect("nothing to refuse")
}

/// At every prefix of every history: a snapshot of exactly those versions that the period says.
async fn snapshots_at_every_prefix(store: &Store, rows: usize, period: usize) {
    let rows = HISTORIES[rows];
    let orders = with(store, SnapshotPolicy::every(period as u64));
    let plain = plain(store);
    for (behind, row) in rows.iter().enumerate() {
        let id = put(store, behind, *row).await;
        let version = behind + 1;
        check(&orders, &plain, version as u64).await;
        if let Some(root) = orders.find(ID.to_owned()).await.unwrap()
            && version.is_multiple_of(period)
        {
            let taken = orders.create_snapshot(&root).await.unwrap();
            assert_eq!(taken.state(), after(&rows[..version]).as_ref());
            assert_eq!(
                (taken.version().get(), taken.row().last_event),
                (version as u64, id)
            );
            check(&orders, &plain, version as u64).await;
        }
    }
    let taken = orders.snapshots(ID.to_owned()).await.unwrap();
    for snapshot in taken {
        let version = usize::try_from(snapshot.version().get()).unwrap();
        assert_eq!(snapshot.state(), after(&rows[..version]).as_ref());
    }
}

pub(crate) async fn snapshots_at_every_prefix_in_memory() {
    for period in 1..=5 {
        for rows in 0..HISTORIES.len() {
            snapshots_at_every_prefix(&memory(), rows, period).await;
        }
    }
}

pub(crate) async fn snapshots_at_every_prefix_in_sqlite() {
    for rows in 0..HISTORIES.len() {
        let (store, _folder) = sqlite().await;
        snapshots_at_every_prefix(&store, rows, 1 + rows % 3).await;
    }
}

/// Behind every prefix that is alive, saves of several sizes, up to a discard.
#[tokio::test]
async fn saves_behind_every_prefix_take_the_right_snapshots() {
    for period in 1..=5 {
        for rows in HISTORIES {
            for behind in 1..=rows.len() {
                let store = memory();
                put_all(&store, &rows[..behind]).await;
                let (orders, plain) = (with(&store, SnapshotPolicy::every(period)), plain(&store));
                let Some(mut root) = orders.find(ID.to_owned()).await.unwrap() else {
                    continue;
                };
                for size in [1, 4, 2] {
                    root.record(vec![Noted("n".into()); size]);
                    orders.save(&mut root).await.unwrap();
                    check(&orders, &plain, root.version().get()).await;
                    let multiple = root.version().get() / period * period;
                    let before = root.version().get() - size as u64;
                    let newest = orders.snapshots(ID.to_owned()).await.unwrap().pop();
                    if multiple > before {
                        assert_eq!(newest.map(|each| each.version().get()), Some(multiple));
                    }
                }
                orders.discard(&mut root, OrderClosed).await.unwrap();
                check(&orders, &plain, root.version().get()).await;
            }
        }
    }
}

/// A snapshot row without a state says that the aggregate was discarded: there must be none before the creation.
#[tokio::test]
async fn nothing_is_captured_before_the_creation() {
    let store = memory();
    let earlier = Repository::<before::Order>::builder(Arc::clone(&store))
        .snapshots(SnapshotPolicy::always())
        .build()
        .unwrap();
    let mut root = earlier.create(ID.to_owned(), before::Seen);
    root.record(before::Viewed);
    earlier.save(&mut root).await.unwrap();

    let orders = with(&store, SnapshotPolicy::always());
    assert!(orders.find(ID.to_owned()).await.unwrap().is_none());
    assert_eq!(
        orders.snapshot_stats().stored,
        0,
        "the stale row is not replaced by a wrong one"
    );
    let listed = snapshots_of(&store).list(&stream()).await.unwrap();
    assert!(listed.iter().all(|info| info.key.schema_version == 1));

    put(&store, 2, PLACED).await;
    let order = orders.load(ID.to_owned()).await.unwrap();
    assert_eq!((order.version().get(), order.log.len()), (3, 2));
    let taken = orders.snapshots(ID.to_owned()).await.unwrap();
    assert_eq!(taken.len(), 1, "a stale row is replaced at the head");
    assert_eq!(taken[0].state(), Some(order.state()));
}

/// A damaged row at a version before the creation is removed, and nothing can take its place.
#[tokio::test]
async fn a_bad_row_before_the_creation_is_not_replaced() {
    let store = memory();
    put_all(&store, &[SEEN, VIEWED, CREATED, ITEM_V1]).await;
    let orders = with(&store, SnapshotPolicy::always());
    let taken = orders.load(ID.to_owned()).await.unwrap();
    let key = orders
        .create_snapshot(&taken)
        .await
        .unwrap()
        .row()
        .key
        .clone();
    let snapshots = snapshots_of(&store);
    let wrong = SnapshotRow::new(
        key,
        Version::from(2_u64),
        uuid::Uuid::now_v7(),
        Timestamp::now(),
        None,
    );
    snapshots.save(wrong).await.unwrap();
    assert!(orders.find_at(ID.to_owned(), 2).await.unwrap().is_none());
    assert!(orders.find_at(ID.to_owned(), 3).await.unwrap().is_some());
    let left = orders.snapshots(ID.to_owned()).await.unwrap();
    let left: Vec<u64> = left.iter().map(|each| each.version().get()).collect();
    assert_eq!(left, [4]);
}

/// Whether a legacy row ends a life is asked of the row, not of its name.
#[tokio::test]
async fn a_snapshot_that_contradicts_its_legacy_row_is_replaced() {
    for (row, alive) in [(PLACED, true), (CHANGED_AND_CLOSED, false)] {
        let store = memory();
        put(&store, 0, if alive { SEEN } else { CREATED }).await;
        let anchor = put(&store, 1, row).await;
        let orders = with(&store, SnapshotPolicy::always());
        let (other, other_store) = {
            let store = memory();
            put(&store, 0, CREATED).await;
            (self::orders(&store), store)
        };
        let root = other.load(ID.to_owned()).await.unwrap();
        let foreign = other.create_snapshot(&root).await.unwrap().row().clone();
        drop(other_store);
        let state = (!alive).then_some(foreign.state).flatten();
        let wrong = SnapshotRow::new(
            foreign.key,
            Version::from(2_u64),
            anchor,
            Timestamp::now(),
            state,
        );
        snapshots_of(&store).save(wrong).await.unwrap();
        assert_eq!(orders.find(ID.to_owned()).await.unwrap().is_some(), alive);
        let misses = orders.snapshot_stats().misses;
        let corrupt = misses.contains(&(SnapshotMiss::Corrupt, 1));
        assert!(corrupt, "it was counted");
        let mended = orders.snapshots(ID.to_owned()).await.unwrap();
        assert_eq!(mended.len(), 1);
        assert_eq!(mended[0].state().is_some(), alive);
    }
}
