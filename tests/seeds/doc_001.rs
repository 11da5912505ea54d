//! `001_ed3abcc378997a84.txt`: the snapshotting example of Python `eventsource-py`, 0.2 – 0.5: its printed lines, in order.
//!
//! Version numbers: this document counts from 1, as we do; they are the same. (The other two count from 0.) Timings and
//! percentages are asserted as what makes them: the number of stored rows that a load reads. The output as text is
//! compared by the test of `examples/snapshotting`; the domain here is that example's.

use std::sync::Arc;

use eventsourcing::{
    Aggregate, ManualClock, Repository, Root, SnapshotMode, SnapshotPolicy, Timestamp,
    repository::{RepositoryBuilder, Snapshot},
};
use uuid::Uuid;

use crate::{
    Outcome,
    bed::Bed,
    order::{Order, Status, v2},
    wrappers::{Gated, Watched},
};

pub(crate) const EMAIL: &str = "customer@example.com";

fn orders(bed: &Bed) -> RepositoryBuilder<Order> {
    Repository::builder(bed.store())
}

/// A new order with this many items, not stored yet.
pub(crate) fn new_order(orders: &Repository<Order>, items: u32) -> Outcome<Root<Order>> {
    let created = Order::create(None, Uuid::new_v4(), EMAIL)?;
    let mut order = orders.create(Uuid::new_v4(), created);
    for n in 0..items {
        let price = 10.0 + f64::from(n);
        order.execute(|o| o.add_item(Uuid::new_v4(), &format!("Product {n}"), 1, price))?;
    }
    Ok(order)
}

/// The same, stored.
pub(crate) async fn stored_order(orders: &Repository<Order>, items: u32) -> Outcome<Root<Order>> {
    let mut order = new_order(orders, items)?;
    orders.save(&mut order).await?;
    Ok(order)
}

/// `await snapshot_store.get_snapshot(order_id, "Order")`
pub(crate) async fn get_snapshot(
    orders: &Repository<Order>,
    order: &Root<Order>,
) -> Outcome<Option<Snapshot<Order>>> {
    Ok(orders.snapshots(order.id()).await?.pop())
}

// BASIC SNAPSHOTTING EXAMPLE

async fn basic(bed: &Bed) -> Outcome<(Repository<Order>, Root<Order>)> {
    let orders = orders(bed)
        .snapshots(SnapshotPolicy::every(5))
        .snapshot_mode(SnapshotMode::Sync)
        .build()?;
    let order = stored_order(&orders, 4).await?;
    Ok((orders, order))
}

pub(crate) async fn basic_order_version_after_save(bed: Bed) -> Outcome {
    let (_, order) = basic(&bed).await?;
    // Order version after save: 5
    assert_eq!(order.version(), 5);
    assert_eq!(order.stored_version(), 5);
    Ok(())
}

pub(crate) async fn basic_snapshot_exists(bed: Bed) -> Outcome {
    let (orders, order) = basic(&bed).await?;
    // Snapshot exists: True
    assert!(get_snapshot(&orders, &order).await?.is_some());
    Ok(())
}

pub(crate) async fn basic_snapshot_version(bed: Bed) -> Outcome {
    let (orders, order) = basic(&bed).await?;
    let snapshot = get_snapshot(&orders, &order).await?.ok_or("none")?;
    // Snapshot version: 5
    assert_eq!(snapshot.version(), 5);
    Ok(())
}

pub(crate) async fn basic_snapshot_state_keys(bed: Bed) -> Outcome {
    let (orders, order) = basic(&bed).await?;
    let snapshot = get_snapshot(&orders, &order).await?.ok_or("none")?;
    // Snapshot state keys: ['order_id', 'customer_id', 'customer_email', 'items', 'status', 'total_amount']
    let keys = [
        "order_id",
        "customer_id",
        "customer_email",
        "items",
        "status",
        "total_amount",
    ];
    assert_eq!(Order::FIELDS, keys);
    assert_eq!(snapshot.state(), Some(order.state()));
    Ok(())
}

pub(crate) async fn basic_loading_order_from_snapshot(bed: Bed) -> Outcome {
    let (orders, order) = basic(&bed).await?;
    // Loading order from snapshot...
    orders.load(order.id()).await?;
    assert_eq!(orders.snapshot_stats().hits, 1);
    Ok(())
}

pub(crate) async fn basic_loaded_order_version(bed: Bed) -> Outcome {
    let (orders, order) = basic(&bed).await?;
    // Loaded order version: 5
    assert_eq!(orders.load(order.id()).await?.version(), 5);
    Ok(())
}

pub(crate) async fn basic_loaded_order_items(bed: Bed) -> Outcome {
    let (orders, order) = basic(&bed).await?;
    let loaded = orders.load(order.id()).await?;
    // Loaded order items: 4
    assert_eq!(loaded.item_count(), 4);
    assert_eq!(loaded.state(), order.state());
    Ok(())
}

pub(crate) async fn basic_loaded_order_status(bed: Bed) -> Outcome {
    let (orders, order) = basic(&bed).await?;
    // Loaded order status: created
    assert_eq!(orders.load(order.id()).await?.status.to_string(), "created");
    Ok(())
}

// MANUAL SNAPSHOT EXAMPLE

async fn manual(bed: &Bed) -> Outcome<(Repository<Order>, Root<Order>)> {
    let orders = orders(bed).snapshot_mode(SnapshotMode::Manual).build()?;
    let order = stored_order(&orders, 10).await?;
    Ok((orders, order))
}

pub(crate) async fn manual_snapshot_after_save(bed: Bed) -> Outcome {
    let (orders, order) = manual(&bed).await?;
    // Snapshot after save: False
    assert!(get_snapshot(&orders, &order).await?.is_none());
    Ok(())
}

pub(crate) async fn manual_creating_manual_snapshot(bed: Bed) -> Outcome {
    let (orders, order) = manual(&bed).await?;
    // Creating manual snapshot...
    let snapshot = orders.create_snapshot(&order).await?;
    // Manual snapshot created at version: 11
    assert_eq!(snapshot.version(), 11);
    Ok(())
}

pub(crate) async fn manual_post_submission_snapshot(bed: Bed) -> Outcome {
    let (orders, mut order) = manual(&bed).await?;
    orders.create_snapshot(&order).await?;
    order.execute(Order::submit)?;
    orders.save(&mut order).await?;
    let snapshot = orders.create_snapshot(&order).await?;
    // Post-submission snapshot at version: 12
    assert_eq!(snapshot.version(), 12);
    assert_eq!(snapshot.state().map(|o| o.status), Some(Status::Submitted));
    let versions = orders.snapshots(order.id()).await?;
    let versions: Vec<u64> = versions.iter().map(|s| s.version().get()).collect();
    assert_eq!(versions, [11, 12]);
    Ok(())
}

// BACKGROUND SNAPSHOT EXAMPLE

fn background(bed: &Bed) -> RepositoryBuilder<Order> {
    orders(bed)
        .snapshots(SnapshotPolicy::every(5))
        .snapshot_mode(SnapshotMode::Background)
}

pub(crate) async fn background_save_does_not_wait(bed: Bed) -> Outcome {
    let gate = Gated::new(bed.snapshots.clone());
    let orders = background(&bed).snapshot_store(gate.clone()).build()?;
    // Saving order (snapshot will be created in background)...
    let order = stored_order(&orders, 4).await?;
    assert_eq!(order.stored_version(), 5);
    assert!(
        get_snapshot(&orders, &order).await?.is_none(),
        "the store is still shut"
    );
    gate.let_in();
    assert_eq!(orders.await_pending_snapshots().await, 1);
    Ok(())
}

pub(crate) async fn background_pending_snapshots(bed: Bed) -> Outcome {
    let orders = background(&bed).build()?;
    stored_order(&orders, 4).await?;
    // Save completed. Pending snapshots: 1
    assert_eq!(orders.pending_snapshots(), 1);
    Ok(())
}

pub(crate) async fn background_waited_for(bed: Bed) -> Outcome {
    let orders = background(&bed).build()?;
    stored_order(&orders, 4).await?;
    // Waited for 1 background snapshot(s)
    assert_eq!(orders.await_pending_snapshots().await, 1);
    assert_eq!(orders.pending_snapshots(), 0);
    assert_eq!(orders.await_pending_snapshots().await, 0);
    Ok(())
}

pub(crate) async fn background_snapshot_exists(bed: Bed) -> Outcome {
    let orders = background(&bed).build()?;
    let order = stored_order(&orders, 4).await?;
    orders.await_pending_snapshots().await;
    // Snapshot exists: True
    let snapshot = get_snapshot(&orders, &order).await?.ok_or("none")?;
    assert_eq!(snapshot.version(), 5);
    assert_eq!(snapshot.state(), Some(order.state()));
    Ok(())
}

// SCHEMA VERSIONING EXAMPLE

async fn schema(bed: &Bed) -> Outcome<(Repository<Order>, Root<Order>, Repository<v2::Order>)> {
    let v1 = orders(bed).snapshots(SnapshotPolicy::every(3)).build()?;
    let order = stored_order(&v1, 2).await?;
    let v2 = Repository::builder(bed.store())
        .snapshots(SnapshotPolicy::every(3))
        .build()?;
    Ok((v1, order, v2))
}

pub(crate) async fn schema_snapshot_created_with_schema_version(bed: Bed) -> Outcome {
    let (v1, order, _) = schema(&bed).await?;
    let snapshot = get_snapshot(&v1, &order).await?.ok_or("none")?;
    // Snapshot created with schema_version: 1
    assert_eq!(snapshot.schema_version(), 1);
    Ok(())
}

pub(crate) async fn schema_loading_with_schema_version_2(bed: Bed) -> Outcome {
    let (_, order, v2) = schema(&bed).await?;
    // Loading with schema_version=2...
    assert_eq!(v2::Order::SCHEMA_VERSION, 2);
    let loaded = v2.load(order.id()).await?;
    // Loaded successfully via full event replay
    assert_eq!(v2.snapshot_stats().hits, 0);
    assert_eq!(loaded.order, *order.state());
    Ok(())
}

pub(crate) async fn schema_loaded_version(bed: Bed) -> Outcome {
    let (_, order, v2) = schema(&bed).await?;
    // Loaded version: 3
    assert_eq!(v2.load(order.id()).await?.version(), 3);
    Ok(())
}

pub(crate) async fn schema_loaded_items(bed: Bed) -> Outcome {
    let (_, order, v2) = schema(&bed).await?;
    // Loaded items: 2
    assert_eq!(v2.load(order.id()).await?.item_count(), 2);
    Ok(())
}

// PERFORMANCE COMPARISON EXAMPLE

/// The two repositories, the order, and what counts the rows that loads read.
async fn performance(bed: &Bed) -> Outcome<([Repository<Order>; 2], Root<Order>, Watched)> {
    let watched = Watched::new(bed.store());
    let with = Repository::builder(watched.clone())
        .snapshots(SnapshotPolicy::every(50))
        .build()?;
    let without = Repository::builder(watched.clone())
        .ignore_snapshots()
        .build()?;
    // Creating order with 200 item events...
    let order = stored_order(&with, 200).await?;
    Ok(([with, without], order, watched))
}

pub(crate) async fn performance_order_saved(bed: Bed) -> Outcome {
    let (_, order, _) = performance(&bed).await?;
    // Order saved. Version: 201
    assert_eq!(order.version(), 201);
    assert_eq!(order.item_count(), 200);
    Ok(())
}

pub(crate) async fn performance_snapshot_at_version(bed: Bed) -> Outcome {
    let ([with, _], order, _) = performance(&bed).await?;
    let snapshot = get_snapshot(&with, &order).await?.ok_or("none")?;
    // Snapshot at version: 200
    assert_eq!(snapshot.version(), 200);
    assert_eq!(snapshot.state().map(Order::item_count), Some(199));
    assert_eq!(
        with.snapshots(order.id()).await?.len(),
        1,
        "one for each save"
    );
    Ok(())
}

pub(crate) async fn performance_loading_without_snapshot(bed: Bed) -> Outcome {
    let ([_, without], order, watched) = performance(&bed).await?;
    watched.rows_read();
    // Loading WITHOUT snapshot...
    let loaded = without.load(order.id()).await?;
    // Average load time: 15.23ms
    assert_eq!(watched.rows_read(), 201);
    assert_eq!(loaded.state(), order.state());
    Ok(())
}

pub(crate) async fn performance_loading_with_snapshot(bed: Bed) -> Outcome {
    let ([with, _], order, watched) = performance(&bed).await?;
    watched.rows_read();
    // Loading WITH snapshot...
    let loaded = with.load(order.id()).await?;
    // Average load time: 1.45ms
    assert_eq!(
        watched.rows_read(),
        2,
        "the event that the snapshot names, and the one after it"
    );
    assert_eq!(loaded.state(), order.state());
    Ok(())
}

pub(crate) async fn performance_improvement(bed: Bed) -> Outcome {
    let ([with, without], order, watched) = performance(&bed).await?;
    watched.rows_read();
    let mut rows = [0, 0];
    for _ in 0..10 {
        without.load(order.id()).await?;
        rows[0] += watched.rows_read();
        with.load(order.id()).await?;
        rows[1] += watched.rows_read();
    }
    // Performance improvement: 90.5%
    assert_eq!(rows, [2_010, 20]);
    assert_eq!(
        (with.snapshot_stats().hits, without.snapshot_stats().hits),
        (10, 0)
    );
    Ok(())
}

// SNAPSHOT INSPECTION EXAMPLE

/// The document's order, its customer, and its snapshot.
async fn inspection(bed: &Bed) -> Outcome<(Root<Order>, Uuid, Snapshot<Order>)> {
    let clock = ManualClock::at(Timestamp::from_unix_micros(1_705_314_645_123_456));
    let orders = orders(bed)
        .snapshots(SnapshotPolicy::every(3))
        .clock(Arc::new(clock))
        .build()?;
    let customer = Uuid::new_v4();
    let mut order = orders.create(Uuid::new_v4(), Order::create(None, customer, EMAIL)?);
    order.execute(|o| o.add_item(Uuid::new_v4(), "Premium Widget", 2, 99.99))?;
    order.execute(|o| o.add_item(Uuid::new_v4(), "Basic Widget", 5, 19.99))?;
    orders.save(&mut order).await?;
    let snapshot = get_snapshot(&orders, &order).await?.ok_or("none")?;
    Ok((order, customer, snapshot))
}

pub(crate) async fn inspection_snapshot_details(bed: Bed) -> Outcome {
    let (order, _, snapshot) = inspection(&bed).await?;
    // Aggregate ID: 550e8400-e29b-41d4-a716-446655440000
    assert_eq!(snapshot.id(), order.id());
    // Aggregate Type: Order
    assert_eq!(snapshot.aggregate_type(), "Order");
    // Version: 3
    assert_eq!(snapshot.version(), 3);
    // Schema Version: 1
    assert_eq!(snapshot.schema_version(), 1);
    // Created At: 2024-01-15 10:30:45.123456+00:00
    assert_eq!(
        snapshot.created_at().to_string(),
        "2024-01-15 10:30:45.123456+00:00"
    );
    Ok(())
}

pub(crate) async fn inspection_snapshot_state(bed: Bed) -> Outcome {
    let (order, customer, snapshot) = inspection(&bed).await?;
    let state = snapshot.state().ok_or("no state")?;
    // order_id: 550e8400-e29b-41d4-a716-446655440000
    assert_eq!(state.order_id, *order.id());
    // customer_id: 661f9511-f30c-52e5-b827-557766551111
    assert_eq!(state.customer_id, customer);
    // customer_email: customer@example.com
    assert_eq!(state.customer_email, "customer@example.com");
    // items: [2 items]
    assert_eq!(state.items.len(), 2);
    // [0]: {'product_id': '...', 'product_name': 'Premium Widget', ...}
    assert_eq!(state.items[0].product_name, "Premium Widget");
    assert_eq!(
        (state.items[0].quantity, state.items[0].unit_price),
        (2, 99.99)
    );
    // [1]: {'product_id': '...', 'product_name': 'Basic Widget', ...}
    assert_eq!(state.items[1].product_name, "Basic Widget");
    assert_eq!(
        (state.items[1].quantity, state.items[1].unit_price),
        (5, 19.99)
    );
    // status: created
    assert_eq!(state.status.to_string(), "created");
    // total_amount: 0.0
    assert_eq!(format!("{:?}", state.total_amount), "0.0");
    Ok(())
}

// Production Example

/// `snapshot_threshold=100, snapshot_mode="background"`, several saves.
pub(crate) async fn production_repository_configuration(bed: Bed) -> Outcome {
    let orders = orders(&bed)
        .snapshots(SnapshotPolicy::every(100))
        .snapshot_mode(SnapshotMode::Background)
        .build()?;
    let mut order = stored_order(&orders, 98).await?;
    assert_eq!((order.version().get(), orders.pending_snapshots()), (99, 0));
    for n in 0..2 {
        order.execute(|o| o.add_item(Uuid::new_v4(), "Late", 1, f64::from(n)))?;
        orders.save(&mut order).await?;
    }
    assert_eq!(orders.await_pending_snapshots().await, 1);
    let snapshot = get_snapshot(&orders, &order).await?.ok_or("none")?;
    assert_eq!(snapshot.version(), 100);
    Ok(())
}
