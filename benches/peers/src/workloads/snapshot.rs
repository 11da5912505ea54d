//! Loading through a snapshot that is one event behind; the floor reads the snapshot's row through the same hop.

use std::sync::{Arc, Mutex, PoisonError};

use cqrs_es::{EventStore as _, persist::PersistedEventStore};
use eventsourcing::{
    Aggregate, EventStore, PostgresStore, Repository, SqliteStore, store::PostgresOptions,
};
use rusqlite::Connection;
use sqlite_es::SqliteEventRepository;

use super::{
    Kind, Place, Workload, no_such,
    repeated::{order_of, repeat},
};
use crate::{
    Result,
    domain::{Changed, Filled, Item, ItemAdded, Large, Opened, Order},
    sample::{Checked, Sample},
    subjects::{Subject, bare_postgres, bare_sqlite, cqrs},
};

const EVENTS: u64 = 10;
/// About 600 KB.
const ROWS: u64 = 7_500;

pub(super) fn workload(large: bool) -> Workload {
    let (name, state, mut subjects) = if large {
        ("snapshot/600-kb", "of 600 KB", vec![])
    } else {
        ("snapshot/small", "small", vec![Subject::Cqrs])
    };
    subjects.splice(0..0, [Subject::Bare, Subject::Ours]);
    Workload {
        name: name.to_owned(),
        title: format!("load through a snapshot one event behind, state {state}, SQLite"),
        kind: Kind::Snapshot { large },
        subjects,
    }
}

pub(super) fn on_postgres() -> Workload {
    Workload {
        name: "postgres/snapshot".to_owned(),
        title: "load through a snapshot one event behind, state small, PostgreSQL".to_owned(),
        kind: Kind::PostgresSnapshot,
        subjects: vec![Subject::Bare, Subject::Ours],
    }
}

/// An order of ten events, and a snapshot of it at the ninth.
async fn store_order(store: impl EventStore) -> Result {
    let orders = Repository::<Order>::builder(store).build()?;
    let mut order = orders.create("0".to_owned(), Opened(Item::of_version(1)));
    (2..EVENTS).for_each(|version| order.record(ItemAdded(Item::of_version(version))));
    orders.save(&mut order).await?;
    orders.create_snapshot(&order).await?;
    order.record(ItemAdded(Item::of_version(EVENTS)));
    orders.save(&mut order).await?;
    Ok(())
}

async fn store_large(store: impl EventStore) -> Result {
    let all = Repository::<Large>::builder(store).build()?;
    let mut large = all.create("0".to_owned(), Filled { rows: ROWS });
    all.save(&mut large).await?;
    all.create_snapshot(&large).await?;
    large.record(Changed { by: 1 });
    all.save(&mut large).await?;
    Ok(())
}

type CqrsStore = PersistedEventStore<SqliteEventRepository, cqrs::Order>;

async fn cqrs_store(place: &Place) -> Result<CqrsStore> {
    let pool = cqrs::sqlite::pool(&place.prepared.join("cqrs.db"), 10).await?;
    let every = usize::try_from(EVENTS - 1)?;
    Ok(PersistedEventStore::new_snapshot_store(
        SqliteEventRepository::new(pool),
        every,
    ))
}

pub(super) async fn prepare(large: bool, place: &Place) -> Result {
    let store = SqliteStore::open(place.prepared.join("ours.db")).await?;
    if large {
        store_large(store.clone()).await?;
    } else {
        store_order(store.clone()).await?;
        let cqrs_store = cqrs_store(place).await?;
        let events = |versions: std::ops::RangeInclusive<u64>| {
            versions.map(cqrs::OrderEvent::of_version).collect()
        };
        cqrs_store
            .commit(
                events(1..=EVENTS - 1),
                cqrs::context("0", 0),
                <_>::default(),
            )
            .await?;
        let mut context = cqrs::context("0", EVENTS - 1);
        context.current_snapshot = Some(1);
        cqrs_store
            .commit(events(EVENTS..=EVENTS), context, <_>::default())
            .await?;
    }
    store.close().await;
    Ok(())
}

pub(super) async fn measure(subject: Subject, large: bool, place: &Place) -> Result<Sample> {
    let path = place.prepared.join("ours.db");
    match (subject, large) {
        (Subject::Bare, _) => {
            let stream = if large { "large/0" } else { "order/0" };
            let bare = Arc::new(Mutex::new(bare_sqlite::open(&path).await?));
            repeat(
                place,
                async || one_row(Arc::clone(&bare), stream).await,
                there(),
            )
            .await
        }
        (Subject::Ours, true) => {
            let all = Repository::<Large>::builder(SqliteStore::open(&path).await?).build()?;
            let right = |state: &(usize, u64)| wrong_unless(*state == (7_500, 1));
            let sample = repeat(
                place,
                async || {
                    let large = all.load("0".to_owned()).await?;
                    Ok((large.rows.len(), large.changes))
                },
                right,
            );
            used(sample.await?, &all)
        }
        (Subject::Ours, false) => {
            let store = SqliteStore::open(&path).await?;
            measure_orders(Repository::builder(store).build()?, place).await
        }
        (Subject::Cqrs, false) => {
            let store = cqrs_store(place).await?;
            let load = async || Ok(store.load_aggregate("0").await?.aggregate.totals);
            repeat(place, load, order_of(EVENTS)).await
        }
        _ => Err(no_such(subject)),
    }
}

async fn measure_orders(orders: Repository<Order>, place: &Place) -> Result<Sample> {
    let id = "0".to_owned();
    let load = async || Ok(orders.load(&id).await?.totals);
    used(repeat(place, load, order_of(EVENTS)).await?, &orders)
}

/// An error unless it was snapshots that were measured.
fn used<A: Aggregate>(sample: Sample, repository: &Repository<A>) -> Result<Sample> {
    let loads: u64 = sample.latencies.iter().map(|(_, count)| count).sum();
    let hits = repository.snapshot_stats().hits;
    if hits < loads {
        return Err(format!("{hits} of {loads} loads went through the snapshot").into());
    }
    Ok(sample)
}

fn wrong_unless(right: bool) -> Checked {
    Checked {
        wrong: u64::from(!right),
        ..Checked::default()
    }
}

/// What a floor reads is only counted.
fn there() -> impl Fn(&Vec<u8>) -> Checked {
    |state| wrong_unless(!state.is_empty())
}

async fn one_row(connection: Arc<Mutex<Connection>>, stream: &'static str) -> Result<Vec<u8>> {
    let hop = tokio::task::spawn_blocking(move || {
        let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement = connection.prepare_cached(
            "SELECT version, last_event, created_at, checksum, state FROM snapshots WHERE stream = ?1
            ORDER BY version DESC LIMIT 1",
        )?;
        statement.query_row([stream], |row| row.get(4))
    });
    Ok(hop.await??)
}

pub(super) async fn prepare_postgres(place: &Place) -> Result {
    let store = postgres_store(place).await?;
    store_order(store.clone()).await?;
    store.close().await;
    Ok(())
}

async fn postgres_store(place: &Place) -> Result<PostgresStore> {
    let config = place.postgres()?.parse()?;
    Ok(PostgresStore::connect_config(config, PostgresOptions::default()).await?)
}

pub(super) async fn measure_postgres(subject: Subject, place: &Place) -> Result<Sample> {
    match subject {
        Subject::Bare => {
            let bare = bare_postgres::connect(place.postgres()?).await?;
            let statement = bare
                .prepare(
                    "SELECT version, last_event, created_at, checksum, state FROM eventsourcing.snapshots
                    WHERE stream = $1 ORDER BY version DESC LIMIT 1",
                )
                .await?;
            let load = async || {
                let row = bare.query_one(&statement, &[&"order/0"]).await?;
                Ok(row.get::<_, Vec<u8>>(4))
            };
            repeat(place, load, there()).await
        }
        Subject::Ours => {
            measure_orders(
                Repository::builder(postgres_store(place).await?).build()?,
                place,
            )
            .await
        }
        _ => Err(no_such(subject)),
    }
}
