//! The six sections, in the order of the seed document.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use eventsourcing::{Aggregate, Repository, Root, SnapshotMode, repository::Snapshot};
use uuid::Uuid;

use crate::{
    Run,
    order::{Order, v2},
    text::{banner, boolean, item, keys, or_none},
};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const EMAIL: &str = "customer@example.com";
const LOADS: u32 = 10;
const SHOWN_ITEMS: usize = 2;

/// Snapshots at a threshold, and a load through one.
pub(crate) async fn basic(run: &Run) -> Result {
    banner("BASIC SNAPSHOTTING EXAMPLE");
    let orders = run.repository().snapshots(run.every(5)).build()?;
    let products = [(2, 19.99), (1, 49.99), (3, 9.99), (1, 29.99)];

    let mut order = new_order(&orders)?;
    for (letter, (quantity, price)) in letters().zip(products.iter().cycle()).take(count(run, 4)) {
        order.execute(|o| {
            o.add_item(
                Uuid::new_v4(),
                &format!("Widget {letter}"),
                *quantity,
                *price,
            )
        })?;
    }
    orders.save(&mut order).await?;

    let snapshot = newest(&orders, *order.id()).await?;
    println!("Order version after save: {}", order.version());
    println!("Snapshot exists: {}", boolean(snapshot.is_some()));
    if let Some(snapshot) = &snapshot {
        println!("Snapshot version: {}", snapshot.version());
        println!("Snapshot state keys: {}", keys(Order::FIELDS));
    }

    let from = if snapshot.is_some() {
        "snapshot"
    } else {
        "events"
    };
    println!("\nLoading order from {from}...");
    let loaded = orders.load(order.id()).await?;
    println!("Loaded order version: {}", loaded.version());
    println!("Loaded order items: {}", loaded.item_count());
    println!("Loaded order status: {}", loaded.status);
    Ok(())
}

/// Snapshots by hand only, at business milestones.
pub(crate) async fn manual(run: &Run) -> Result {
    banner("MANUAL SNAPSHOT EXAMPLE");
    let orders = run
        .repository()
        .snapshot_mode(SnapshotMode::Manual)
        .build()?;

    let mut order = new_order(&orders)?;
    for (n, price) in (0..run.items(10)).map(|n| (n, 10.0 + f64::from(n))) {
        order.execute(|o| o.add_item(Uuid::new_v4(), &format!("Product {n}"), 1, price))?;
    }
    orders.save(&mut order).await?;
    let snapshot = newest(&orders, *order.id()).await?;
    println!("Snapshot after save: {}", boolean(snapshot.is_some()));

    println!("\nCreating manual snapshot...");
    let snapshot = orders.create_snapshot(&order).await?;
    println!("Manual snapshot created at version: {}", snapshot.version());

    order.execute(Order::submit)?;
    orders.save(&mut order).await?;
    let snapshot = orders.create_snapshot(&order).await?;
    println!(
        "Post-submission snapshot at version: {}",
        snapshot.version()
    );
    Ok(())
}

/// Snapshots that no save waits for.
pub(crate) async fn background(run: &Run) -> Result {
    banner("BACKGROUND SNAPSHOT EXAMPLE");
    let orders = run
        .repository()
        .snapshots(run.every(5))
        .snapshot_mode(SnapshotMode::Background)
        .build()?;

    let mut order = new_order(&orders)?;
    for n in 0..run.items(4) {
        order.execute(|o| o.add_item(Uuid::new_v4(), &format!("Product {n}"), 1, 10.0))?;
    }
    println!("Saving order (snapshot will be created in background)...");
    orders.save(&mut order).await?;
    println!(
        "Save completed. Pending snapshots: {}",
        orders.pending_snapshots()
    );
    let waited = orders.await_pending_snapshots().await;
    println!("Waited for {waited} background snapshot(s)");
    let snapshot = newest(&orders, *order.id()).await?;
    println!("Snapshot exists: {}", boolean(snapshot.is_some()));
    Ok(())
}

/// A new schema version: the old snapshots are no use any more, the events are.
pub(crate) async fn schema_version(run: &Run) -> Result {
    banner("SCHEMA VERSIONING EXAMPLE");
    let orders = run.repository().snapshots(run.every(3)).build()?;

    let mut order = new_order(&orders)?;
    for n in 1..=run.items(2) {
        let name = if n == 1 {
            "Product".to_owned()
        } else {
            format!("Product {n}")
        };
        order.execute(|o| o.add_item(Uuid::new_v4(), &name, n, 10.0 * f64::from(n)))?;
    }
    orders.save(&mut order).await?;
    let snapshot = newest(&orders, *order.id()).await?;
    let stored = or_none(snapshot.map(|snapshot| snapshot.schema_version()));
    println!("Snapshot created with schema_version: {stored}");

    let orders = run
        .repository::<v2::Order>()
        .snapshots(run.every(3))
        .build()?;
    println!(
        "\nLoading with schema_version={}...",
        v2::Order::SCHEMA_VERSION
    );
    let loaded = orders.load(order.id()).await?;
    let via = if orders.snapshot_stats().hits == 0 {
        "full event replay"
    } else {
        "snapshot"
    };
    println!("Loaded successfully via {via}");
    println!("Loaded version: {}", loaded.version());
    println!("Loaded items: {}", loaded.item_count());
    Ok(())
}

/// What a snapshot saves a load.
pub(crate) async fn performance(run: &Run) -> Result {
    banner("PERFORMANCE COMPARISON EXAMPLE");
    let with = run.repository().snapshots(run.every(50)).build()?;
    let without = run.repository().ignore_snapshots().build()?;

    let mut order = new_order(&with)?;
    println!("Creating order with {} item events...", run.items(200));
    for (n, price) in (0..run.items(200)).map(|n| (n, 10.0 + f64::from(n))) {
        order.execute(|o| o.add_item(Uuid::new_v4(), &format!("Product {n}"), 1, price))?;
    }
    with.save(&mut order).await?;
    println!("Order saved. Version: {}", order.version());
    let snapshot = newest(&with, *order.id()).await?;
    println!(
        "Snapshot at version: {}",
        or_none(snapshot.map(|snapshot| snapshot.version()))
    );

    println!("\nLoading WITHOUT snapshot...");
    let slow = average_load(&without, *order.id()).await?;
    println!("Average load time: {:.2}ms", slow * 1_000.0);
    println!("\nLoading WITH snapshot...");
    let fast = average_load(&with, *order.id()).await?;
    println!("Average load time: {:.2}ms", fast * 1_000.0);
    if slow > 0.0 {
        println!(
            "\nPerformance improvement: {:.1}%",
            (slow - fast) / slow * 100.0
        );
    }
    Ok(())
}

/// What is in a snapshot.
pub(crate) async fn inspection(run: &Run) -> Result {
    banner("SNAPSHOT INSPECTION EXAMPLE");
    let orders = run.repository().snapshots(run.every(3)).build()?;

    let mut order = new_order(&orders)?;
    for n in 1..=run.items(2) {
        let (name, quantity, price) = match n {
            1 => ("Premium Widget".to_owned(), 2, 99.99),
            2 => ("Basic Widget".to_owned(), 5, 19.99),
            _ => (format!("Widget {n}"), 1, 9.99),
        };
        order.execute(|o| o.add_item(Uuid::new_v4(), &name, quantity, price))?;
    }
    orders.save(&mut order).await?;

    println!("Snapshot Details:");
    let Some(snapshot) = newest(&orders, *order.id()).await? else {
        println!("  None");
        return Ok(());
    };
    println!("  Aggregate ID: {}", snapshot.id());
    println!("  Aggregate Type: {}", snapshot.aggregate_type());
    println!("  Version: {}", snapshot.version());
    println!("  Schema Version: {}", snapshot.schema_version());
    println!("  Created At: {}", snapshot.created_at());
    println!("\nSnapshot State:");
    match snapshot.state() {
        Some(state) => Order::FIELDS.iter().for_each(|key| field(key, state)),
        None => println!("  None"),
    }
    Ok(())
}

fn field(key: &str, state: &Order) {
    let value = match key {
        "order_id" => state.order_id.to_string(),
        "customer_id" => state.customer_id.to_string(),
        "customer_email" => state.customer_email.clone(),
        "items" => format!("[{} items]", state.item_count()),
        "status" => state.status.to_string(),
        "total_amount" => format!("{:?}", state.total_amount),
        _ => "not shown".to_owned(),
    };
    println!("  {key}: {value}");
    if key == "items" {
        for (n, each) in state.items.iter().enumerate().take(SHOWN_ITEMS) {
            println!("    [{n}]: {}", item(each));
        }
        if let Some(more @ 1..) = state.item_count().checked_sub(SHOWN_ITEMS) {
            println!("    ... and {more} more");
        }
    }
}

fn new_order(orders: &Repository<Order>) -> Result<Root<Order>> {
    let created = Order::create(None, Uuid::new_v4(), EMAIL)?;
    Ok(orders.create(Uuid::new_v4(), created))
}

/// The newest stored snapshot of an order.
async fn newest(orders: &Repository<Order>, id: Uuid) -> Result<Option<Snapshot<Order>>> {
    Ok(orders.snapshots(id).await?.pop())
}

/// In seconds.
async fn average_load(orders: &Repository<Order>, id: Uuid) -> Result<f64> {
    let mut total = Duration::ZERO;
    for _ in 0..LOADS {
        let start = Instant::now();
        orders.load(id).await?;
        total += start.elapsed();
    }
    Ok((total / LOADS).as_secs_f64())
}

/// A, B … Z, A2, B2 …
fn letters() -> impl Iterator<Item = String> {
    let rounds = (1..).flat_map(|round| ('A'..='Z').map(move |letter| (letter, round)));
    rounds.map(|(letter, round)| match round {
        1 => letter.to_string(),
        _ => format!("{letter}{round}"),
    })
}

fn count(run: &Run, items: u32) -> usize {
    usize::try_from(run.items(items)).unwrap_or(usize::MAX)
}
