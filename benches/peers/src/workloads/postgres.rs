//! Appending to PostgreSQL, and loading from it. The server has its default settings, on a Unix socket.

use std::{sync::Arc, time::Instant};

use cqrs_es::EventStore as _;
use eventsourcing::{PostgresStore, Repository, store::PostgresOptions};

use super::{
    Kind, Place, Workload, no_such,
    repeated::{order_of, repeat},
};
use crate::{
    Result,
    callers::{self, Cqrs, Done, Load, Ours, Streams},
    domain::{Item, Order, Totals},
    sample::{Sample, float, peak_memory},
    subjects::{Subject, bare_postgres, cqrs},
};

/// As many as the library has by default.
const CONNECTIONS: u64 = 8;

pub(super) fn append(callers: u64) -> Workload {
    Workload {
        name: format!("postgres/append/{callers}-callers"),
        title: format!("append of 1 a save by {callers} callers, PostgreSQL, durable"),
        kind: Kind::PostgresAppend { callers },
        subjects: vec![Subject::Bare, Subject::Bulk, Subject::Ours, Subject::Cqrs],
    }
}

pub(super) fn load(events: u64) -> Workload {
    Workload {
        name: format!("postgres/load/{events}"),
        title: format!("load of {events} events, no snapshot, PostgreSQL"),
        kind: Kind::PostgresLoad { events },
        subjects: vec![Subject::Bare, Subject::Ours, Subject::Cqrs],
    }
}

async fn store(place: &Place) -> Result<PostgresStore> {
    let config = place.postgres()?.parse()?;
    Ok(PostgresStore::connect_config(config, PostgresOptions::default()).await?)
}

pub(super) async fn measure_append(
    subject: Subject,
    callers: u64,
    place: &Place,
) -> Result<Sample> {
    let config = place.postgres()?;
    let load = Load {
        callers,
        events: 1,
        streams: Streams::Own,
        time: place.time(),
    };
    // The tables, whoever writes to them.
    let store = store(place).await?;
    let admin = bare_postgres::connect(config).await?;
    let done = match subject {
        Subject::Bare => {
            let bare = bare_postgres::Bare::new(config, callers.min(CONNECTIONS)).await?;
            callers::run(&bare, load).await?
        }
        Subject::Bulk => {
            let mut done = Done::new()?;
            let events = place.size(10_000, 500);
            let begun = Instant::now();
            bare_postgres::bulk(&admin, "order/0", 0, events).await?;
            done.took = begun.elapsed();
            done.latencies.since(begun);
            done.acknowledged.insert("0".to_owned(), events);
            done
        }
        Subject::Ours => {
            let orders = Repository::<Order>::builder(store.clone()).build()?;
            callers::run(&Ours(orders), load).await?
        }
        Subject::Cqrs => {
            let (store, pool) = cqrs::postgres::store(config).await?;
            let done = callers::run(&Cqrs(Arc::new(store)), load).await?;
            pool.close().await;
            done
        }
        _ => return Err(no_such(subject)),
    };
    store.close().await;
    let (value, events, latencies) = (
        done.events_a_second(),
        done.events(),
        done.latencies.recorded(),
    );
    let is_theirs = subject == Subject::Cqrs;
    let table = if is_theirs {
        "public.events"
    } else {
        "eventsourcing.events"
    };
    let checked = if is_theirs {
        cqrs::postgres::check(&admin, done.acknowledged).await?
    } else {
        bare_postgres::check(&admin, done.acknowledged).await?
    };
    Ok(Sample {
        value,
        latencies,
        bytes_per_event: Some(float(bare_postgres::size(&admin, table).await?) / float(events)),
        peak_memory: peak_memory(),
        checked: Some(checked),
    })
}

pub(super) async fn prepare_load(events: u64, place: &Place) -> Result {
    store(place).await?.close().await;
    let admin = bare_postgres::connect(place.postgres()?).await?;
    bare_postgres::bulk(&admin, "order/0", 0, events).await?;
    cqrs::postgres::fill(&admin, events).await?;
    admin.batch_execute("VACUUM ANALYZE").await?;
    Ok(())
}

pub(super) async fn measure_load(subject: Subject, events: u64, place: &Place) -> Result<Sample> {
    let config = place.postgres()?;
    match subject {
        Subject::Bare => {
            let bare = bare_postgres::connect(config).await?;
            let sql = "SELECT name, payload::text FROM eventsourcing.events WHERE stream = $1 ORDER BY version";
            let statement = bare.prepare(sql).await?;
            let load = async || {
                let mut totals = Totals::default();
                for row in bare.query(&statement, &[&"order/0"]).await? {
                    match row.get(0) {
                        "Opened" | "ItemAdded" => {
                            totals.add(&serde_json::from_str::<Item>(row.get(1))?);
                        }
                        other => return Err(format!("an event {other}").into()),
                    }
                }
                Ok(totals)
            };
            repeat(place, load, order_of(events)).await
        }
        Subject::Ours => {
            let orders = Repository::<Order>::builder(store(place).await?).build()?;
            let id = "0".to_owned();
            repeat(
                place,
                async || Ok(orders.load(&id).await?.totals),
                order_of(events),
            )
            .await
        }
        Subject::Cqrs => {
            let (store, _pool) = cqrs::postgres::store(config).await?;
            let load = async || Ok(store.load_aggregate("0").await?.aggregate.totals);
            repeat(place, load, order_of(events)).await
        }
        _ => Err(no_such(subject)),
    }
}
