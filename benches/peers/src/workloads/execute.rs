//! A command: load the order, decide by its state, save; on a SQLite file, durably. Orders of one to five events.

use std::{
    collections::HashMap,
    future::Future,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use cqrs_es::CqrsFramework;
use eventsourcing::{Repository, SqliteStore};

use super::{Kind, Place, Workload, no_such};
use crate::{
    Result,
    callers::Done,
    domain::Order,
    sample::{Checked, Sample, file_size, float, peak_memory},
    subjects::{Subject, bare_sqlite, cqrs},
};

/// How many commands an order is given in a sample, behind the event that it has.
const COMMANDS_EACH: u64 = 4;

pub(super) fn workload(callers: u64) -> Workload {
    let mut subjects = vec![Subject::Bare, Subject::Ours, Subject::Cqrs];
    if callers == 1 {
        subjects.extend([Subject::PythonEventsourcing, Subject::PythonEventsource]);
    }
    Workload {
        name: format!("execute/{callers}-callers"),
        title: format!("load, decide and save by {callers} callers, SQLite, durable"),
        kind: Kind::Execute { callers },
        subjects,
    }
}

pub(super) async fn measure(subject: Subject, callers: u64, place: &Place) -> Result<Sample> {
    let path = place.own.join("events.db");
    // About a second of each, and never so many that a later command meets longer orders.
    let orders = match (subject, callers) {
        (Subject::Ours, 64) => place.size(8_000, 200),
        (Subject::Ours | Subject::Bare, _) => place.size(1_500, 100),
        _ => place.size(750, 100),
    };
    let check: fn(&Path, HashMap<String, u64>) -> Result<Checked>;
    let mut done = match subject {
        Subject::Bare => {
            let connection = bare_sqlite::open(&path).await?;
            bare_sqlite::fill(&connection, orders, 1)?;
            check = bare_sqlite::check;
            bare(&connection, orders)?
        }
        Subject::Ours => {
            bare_sqlite::fill(&bare_sqlite::open(&path).await?, orders, 1)?;
            let store = SqliteStore::open(&path).await?;
            let repository = Repository::<Order>::builder(store.clone()).build()?;
            let done = run(callers, orders, move |id| {
                let repository = repository.clone();
                async move {
                    repository.execute(&id, Order::add_next).await?;
                    Ok(id)
                }
            });
            let done = done.await?;
            store.close().await;
            check = bare_sqlite::check;
            done
        }
        Subject::Cqrs => {
            cqrs::sqlite::fill(&path, orders, 1)?;
            let pool = cqrs::sqlite::pool(&path, 1).await?;
            let framework = CqrsFramework::new(cqrs::sqlite::store(pool.clone()), Vec::new(), ());
            let framework = Arc::new(framework);
            let done = run(callers, orders, move |id| {
                let framework = Arc::clone(&framework);
                async move {
                    framework.execute(&id, cqrs::AddNext).await?;
                    Ok(id)
                }
            });
            let done = done.await?;
            pool.close().await;
            check = cqrs::sqlite::check;
            done
        }
        _ => return Err(no_such(subject)),
    };
    let commands = done.events();
    // Filled with one each.
    done.acknowledged
        .values_mut()
        .for_each(|events| *events += 1);
    Ok(Sample {
        value: float(commands) / done.took.as_secs_f64(),
        latencies: done.latencies.recorded(),
        bytes_per_event: Some(float(file_size(&path)) / float(done.events())),
        peak_memory: peak_memory(),
        checked: Some(check(&path, done.acknowledged)?),
    })
}

/// Each order its commands, one order behind the other, by so many callers at once.
async fn run<F: Future<Output = Result<String>> + Send + 'static>(
    callers: u64,
    orders: u64,
    execute: impl Fn(String) -> F + Clone + Send + 'static,
) -> Result<Done> {
    let next = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let callers = (0..callers)
        .map(|_| {
            let (next, execute) = (Arc::clone(&next), execute.clone());
            tokio::spawn(async move {
                let mut done = Done::new()?;
                loop {
                    let order = next.fetch_add(1, Ordering::Relaxed);
                    if order >= orders {
                        break;
                    }
                    let mut id = order.to_string();
                    for _ in 0..COMMANDS_EACH {
                        let begun = Instant::now();
                        id = execute(id).await?;
                        done.latencies.since(begun);
                    }
                    done.acknowledged.insert(id, COMMANDS_EACH);
                }
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(done)
            })
        })
        .collect();
    Done::by_all(callers, begun).await
}

/// One connection: select, fold, insert, in one transaction each.
fn bare(connection: &rusqlite::Connection, orders: u64) -> Result<Done> {
    let mut done = Done::new()?;
    let begun = Instant::now();
    for order in 0..orders {
        let id = order.to_string();
        let stream = bare_sqlite::stream(&id);
        for _ in 0..COMMANDS_EACH {
            let begun = Instant::now();
            connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            let totals = bare_sqlite::fold(connection, &stream, u64::MAX)?;
            bare_sqlite::insert(connection, &stream, totals.items, 1)?;
            connection.prepare_cached("COMMIT")?.execute([])?;
            done.latencies.since(begun);
        }
        done.acknowledged.insert(id, COMMANDS_EACH);
    }
    done.took = begun.elapsed();
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(done)
}
