//! The rows about document 001 in the seeds' table "What the originals really do, and what we do", in its order.
//!
//! Version numbers: as in `doc_001`, from 1.

use bytes::Bytes;
use eventsourcing::{
    ErrorKind, Repository, Root, SnapshotMode, SnapshotPolicy,
    codec::Json,
    repository::{RepositoryBuilder, Snapshot},
    snapshot::{SnapshotInfo, SnapshotMiss, SnapshotRow},
};
use uuid::Uuid;

use crate::{
    Outcome,
    bed::Bed,
    doc_001::{get_snapshot, new_order, stored_order},
    order::{Order, v2},
    wrappers::{Gated, Watched},
};

fn every(bed: &Bed, n: u64) -> RepositoryBuilder<Order> {
    Repository::builder(bed.store()).snapshots(SnapshotPolicy::every(n))
}

fn background(bed: &Bed) -> RepositoryBuilder<Order> {
    every(bed, 5).snapshot_mode(SnapshotMode::Background)
}

fn versions<A: eventsourcing::Aggregate>(snapshots: &[Snapshot<A>]) -> Vec<u64> {
    snapshots.iter().map(|s| s.version().get()).collect()
}

/// "Snapshot at version: 200" after one save of 201 events: one snapshot per crossing save, exactly at the last
/// multiple crossed.
pub(crate) async fn one_snapshot_for_each_crossing_save(bed: Bed) -> Outcome {
    let orders = every(&bed, 50).build()?;
    let mut order = stored_order(&orders, 200).await?;
    assert_eq!(versions(&orders.snapshots(order.id()).await?), [200]);
    for (items, expected) in [
        (48, vec![200]),
        (1, vec![200, 250]),
        (120, vec![200, 250, 350]),
    ] {
        for _ in 0..items {
            order.execute(|o| o.add_item(Uuid::new_v4(), "More", 1, 1.0))?;
        }
        orders.save(&mut order).await?;
        let snapshots = orders.snapshots(order.id()).await?;
        assert_eq!(versions(&snapshots), expected);
        for snapshot in snapshots {
            let replayed = orders.load_at(order.id(), snapshot.version()).await?;
            let counted = u64::try_from(replayed.item_count())? + 1;
            assert_eq!(
                snapshot.version(),
                counted,
                "the state is the one of its version"
            );
            assert_eq!(snapshot.state(), Some(replayed.state()));
        }
    }
    Ok(())
}

/// Background mode: what is stored is captured at the save.
pub(crate) async fn background_captures_at_the_save(bed: Bed) -> Outcome {
    let gate = Gated::new(bed.snapshots.clone());
    let orders = background(&bed).snapshot_store(gate.clone()).build()?;
    let mut order = stored_order(&orders, 4).await?;
    let saved = order.state().clone();
    // While the store is shut the live object goes on, with state that is never committed.
    for _ in 0..3 {
        order.execute(|o| o.add_item(Uuid::new_v4(), "Uncommitted", 1, 1.0))?;
    }
    gate.let_in();
    assert_eq!(orders.await_pending_snapshots().await, 1);
    let snapshots = orders.snapshots(order.id()).await?;
    assert_eq!(versions(&snapshots), [5]);
    assert_eq!(snapshots[0].state(), Some(&saved));
    assert_eq!(*orders.load(order.id()).await?.state(), saved);
    Ok(())
}

/// `create_snapshot` with unsaved events: an error that says so.
pub(crate) async fn create_snapshot_with_unsaved_events(bed: Bed) -> Outcome {
    let orders = every(&bed, 5).snapshot_mode(SnapshotMode::Manual).build()?;
    let mut order = new_order(&orders, 2)?;
    let error = orders
        .create_snapshot(&order)
        .await
        .err()
        .ok_or("it was taken")?;
    assert_eq!(*error.kind(), ErrorKind::Unsaved);
    assert!(error.to_string().contains("3 pending"), "{error}");
    orders.save(&mut order).await?;
    order.execute(|o| o.add_item(Uuid::new_v4(), "Unsaved", 1, 1.0))?;
    let error = orders
        .create_snapshot(&order)
        .await
        .err()
        .ok_or("it was taken")?;
    assert_eq!(*error.kind(), ErrorKind::Unsaved);
    assert!(orders.snapshots(order.id()).await?.is_empty());
    Ok(())
}

/// `Pending snapshots: 1`, `Waited for 1`: the count is of tasks not yet joined; the same however far they are.
pub(crate) async fn pending_and_waited_do_not_depend_on_timing(bed: Bed) -> Outcome {
    let gate = Gated::new(bed.snapshots.clone());
    let orders = background(&bed).snapshot_store(gate.clone()).build()?;
    // Not begun.
    stored_order(&orders, 4).await?;
    assert_eq!(orders.pending_snapshots(), 1);
    gate.let_in();
    assert_eq!(orders.await_pending_snapshots().await, 1);
    // Done long ago.
    gate.let_in();
    let order = stored_order(&orders, 4).await?;
    gate.done().await;
    gate.done().await;
    assert!(get_snapshot(&orders, &order).await?.is_some());
    assert_eq!(orders.pending_snapshots(), 1);
    assert_eq!(orders.await_pending_snapshots().await, 1);
    assert_eq!(orders.pending_snapshots(), 0);
    // As it comes.
    let orders = background(&bed).build()?;
    for _ in 0..100 {
        stored_order(&orders, 4).await?;
        assert_eq!(orders.pending_snapshots(), 1);
        assert_eq!(orders.await_pending_snapshots().await, 1);
    }
    Ok(())
}

/// Schema mismatch, older or newer: replay and rewrite.
pub(crate) async fn older_schema_is_replayed_and_rewritten(bed: Bed) -> Outcome {
    let v1 = every(&bed, 3).build()?;
    let order = stored_order(&v1, 2).await?;
    let v2 = Repository::<v2::Order>::builder(bed.store())
        .snapshots(SnapshotPolicy::every(3))
        .build()?;
    assert_eq!(v2.load(order.id()).await?.order, *order.state());
    assert_eq!(v2.snapshot_stats().missed(SnapshotMiss::StaleSchema), 1);
    assert_eq!(v2.snapshot_stats().hits, 0);
    assert_eq!(versions(&v2.snapshots(order.id()).await?), [3]);
    assert_eq!(v2.load(order.id()).await?.order, *order.state());
    assert_eq!(v2.snapshot_stats().hits, 1);
    assert_eq!(
        versions(&v1.snapshots(order.id()).await?),
        [3],
        "the other program's is left alone"
    );
    Ok(())
}

/// The same the other way round: a program that was rolled back.
pub(crate) async fn newer_schema_is_replayed_and_rewritten(bed: Bed) -> Outcome {
    let v2 = Repository::<v2::Order>::builder(bed.store())
        .snapshots(SnapshotPolicy::every(3))
        .build()?;
    let none = Repository::<Order>::builder(bed.store()).build()?;
    let order = stored_order(&none, 2).await?;
    let newer = v2.load(order.id()).await?;
    v2.create_snapshot(&newer).await?;
    let v1 = every(&bed, 3).build()?;
    assert_eq!(v1.load(order.id()).await?.state(), order.state());
    assert_eq!(v1.snapshot_stats().missed(SnapshotMiss::StaleSchema), 1);
    assert_eq!(versions(&v1.snapshots(order.id()).await?), [3]);
    v1.load(order.id()).await?;
    assert_eq!(v1.snapshot_stats().hits, 1);
    assert_eq!(versions(&v2.snapshots(order.id()).await?), [3]);
    Ok(())
}

/// Puts a snapshot with this state in the place of the one of version 3: its checksum and the event it covers are right.
async fn replace_state(
    bed: &Bed,
    good: &SnapshotRow,
    state: Option<Bytes>,
) -> Outcome<SnapshotRow> {
    assert!(bed.snapshots.delete(&SnapshotInfo::from(good)).await?);
    let row = SnapshotRow::new(
        good.key.clone(),
        good.version,
        good.last_event,
        good.created_at,
        state,
    );
    bed.snapshots.save(row.clone()).await?;
    Ok(row)
}

/// Loads past a bad snapshot of version 3: the state is right, the miss is counted, the snapshot is rewritten.
async fn is_refused_and_rewritten(
    orders: &Repository<Order>,
    order: &Root<Order>,
    bad: &SnapshotRow,
) -> Outcome {
    let missed = orders.snapshot_stats().missed(SnapshotMiss::Corrupt);
    let hits = orders.snapshot_stats().hits;
    let loaded = orders.load(order.id()).await?;
    assert_eq!(loaded.state(), order.state());
    assert_eq!(loaded.version(), order.version());
    assert_eq!(
        orders.snapshot_stats().missed(SnapshotMiss::Corrupt),
        missed + 1
    );
    assert_eq!(orders.snapshot_stats().hits, hits);
    let snapshots = orders.snapshots(order.id()).await?;
    assert_eq!(versions(&snapshots), [3]);
    assert_ne!(snapshots[0].row(), bad);
    assert_eq!(
        snapshots[0].state(),
        Some(orders.load_at(order.id(), 3).await?.state())
    );
    assert_eq!(
        orders.snapshot_stats().missed(SnapshotMiss::Corrupt),
        missed + 1
    );
    Ok(())
}

/// An order with 4 events and a snapshot of the first 3.
async fn with_snapshot(orders: &Repository<Order>) -> Outcome<(Root<Order>, SnapshotRow)> {
    let order = stored_order(orders, 3).await?;
    let snapshot = get_snapshot(orders, &order).await?.ok_or("none")?;
    assert_eq!(snapshot.version(), 3);
    Ok((order, snapshot.row().clone()))
}

/// An undecodable state: replay, a counter by reason, and a rewrite.
pub(crate) async fn undecodable_state(bed: Bed) -> Outcome {
    let orders = every(&bed, 3).build()?;
    let (order, good) = with_snapshot(&orders).await?;
    let state = good.state.clone().ok_or("no state")?;
    for garbage in [
        Bytes::from_static(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
        state.slice(..state.len() - 1),
        [&state[..], b"more"].concat().into(),
    ] {
        let good = get_snapshot(&orders, &order).await?.ok_or("none")?;
        let bad = replace_state(&bed, good.row(), Some(garbage)).await?;
        is_refused_and_rewritten(&orders, &order, &bad).await?;
    }
    Ok(())
}

/// An empty `{}` snapshot: rejected, and so is one of no bytes at all.
pub(crate) async fn empty_state_is_rejected(bed: Bed) -> Outcome {
    let orders = every(&bed, 3).snapshot_codec(Json).build()?;
    let (order, _) = with_snapshot(&orders).await?;
    for empty in [&b"{}"[..], b"", b"null"] {
        let good = get_snapshot(&orders, &order).await?.ok_or("none")?;
        let bad = replace_state(&bed, good.row(), Some(Bytes::from_static(empty))).await?;
        is_refused_and_rewritten(&orders, &order, &bad).await?;
    }
    Ok(())
}

/// An empty snapshot in our format: no state means "discarded", which the event it covers doesn't say.
pub(crate) async fn missing_state_of_a_living_order_is_rejected(bed: Bed) -> Outcome {
    let orders = every(&bed, 3).build()?;
    let (order, good) = with_snapshot(&orders).await?;
    let bad = replace_state(&bed, &good, None).await?;
    let loaded = orders.load(order.id()).await?;
    assert_eq!(loaded.state(), order.state());
    assert_eq!(orders.snapshot_stats().hits, 0);
    let snapshots = orders.snapshots(order.id()).await?;
    assert_eq!(versions(&snapshots), [3]);
    assert_ne!(snapshots[0].row(), &bad);
    Ok(())
}

/// Whoever takes a snapshot where a bad one stands gets a good one, and so does the store.
pub(crate) async fn create_snapshot_replaces_a_bad_one(bed: Bed) -> Outcome {
    let orders = every(&bed, 3).build()?;
    let order = stored_order(&orders, 2).await?;
    for bad in [Some(Bytes::from_static(b"\xff")), None] {
        let good = get_snapshot(&orders, &order).await?.ok_or("none")?;
        replace_state(&bed, good.row(), bad).await?;
        let taken = orders.create_snapshot(&order).await?;
        assert_eq!(taken.state(), Some(order.state()));
        let snapshots = orders.snapshots(order.id()).await?;
        assert_eq!(versions(&snapshots), [3]);
        assert_eq!(snapshots[0].state(), Some(order.state()));
    }
    Ok(())
}

/// A gap in the stored events: an error that names the gap.
pub(crate) async fn a_gap_in_the_stored_events_is_named(bed: Bed) -> Outcome {
    let order = stored_order(&Repository::builder(bed.store()).build()?, 5).await?;
    for lost in [1..=1, 3..=3, 2..=4] {
        let store = Watched::without(bed.store(), lost.clone());
        let orders = Repository::<Order>::builder(store).build()?;
        let error = orders.load(order.id()).await.err().ok_or("it was loaded")?;
        let (expected, found) = ((*lost.start()).into(), (lost.end() + 1).into());
        assert_eq!(*error.kind(), ErrorKind::Gap { expected, found });
        assert_eq!(error.version(), Some(expected));
        let text = error.to_string();
        let named = format!("gap: version {expected} is missing, found {found}");
        assert!(text.contains(&named), "{text}");
        assert!(text.contains(&order.id().to_string()), "{text}");
    }
    Ok(())
}

/// The same behind a snapshot.
pub(crate) async fn a_gap_behind_a_snapshot_is_named(bed: Bed) -> Outcome {
    let order = stored_order(&every(&bed, 3).build()?, 5).await?;
    let store = Watched::without(bed.store(), 5..=5);
    let orders = Repository::<Order>::builder(store)
        .snapshots(SnapshotPolicy::every(3))
        .build()?;
    // The snapshot of version 6 covers the gap; what is asked for here doesn't reach it.
    let error = orders.load_at(order.id(), 6).await;
    assert_eq!(error?.item_count(), 5);
    bed.snapshots.delete_category("Order", None).await?;
    let error = orders.load(order.id()).await.err().ok_or("it was loaded")?;
    let (expected, found) = (5.into(), 6.into());
    assert_eq!(*error.kind(), ErrorKind::Gap { expected, found });
    Ok(())
}
