//! Appending, durably, to a SQLite file: one event or a hundred a save, to new streams or each caller's own.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use eventsourcing::{Repository, SqliteStore};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{Kind, Place, Workload, no_such};
use crate::{
    Result,
    callers::{self, Cqrs, Done, Load, Ours, Streams},
    domain::Order,
    sample::{Checked, Latencies, Sample, file_size, float, peak_memory},
    subjects::{Subject, bare_sqlite, cqrs, disk},
};

pub(super) fn workload(callers: u64, events: u64, streams: Streams) -> Workload {
    let (short, long) = match streams {
        Streams::New => ("new", "to new streams"),
        Streams::Own => ("own", "each caller to its own stream"),
    };
    let mut subjects = vec![
        Subject::Bare,
        Subject::Bulk,
        Subject::Sync,
        Subject::Ours,
        Subject::Cqrs,
    ];
    if callers == 1 && events == 1 && streams == Streams::Own {
        subjects.extend([
            Subject::BareThread,
            Subject::OneWorker,
            Subject::PythonEventsourcing,
            Subject::PythonEventsource,
        ]);
    }
    Workload {
        name: format!("append/{short}/{events}/{callers}-callers"),
        title: format!("append of {events} a save by {callers} callers, {long}, SQLite, durable"),
        kind: Kind::Append {
            callers,
            events,
            streams,
        },
        subjects,
    }
}

pub(super) async fn measure(
    subject: Subject,
    callers: u64,
    events: u64,
    streams: Streams,
    place: &Place,
) -> Result<Sample> {
    let path = place.own.join("events.db");
    let load = Load {
        callers,
        events,
        streams,
        time: place.time(),
    };
    let (done, check): (Done, Check) = match subject {
        // One caller: others would only wait for it.
        Subject::Bare => (bare(&path, load).await?, bare_sqlite::check),
        Subject::BareThread => (on_a_thread(&path, load).await?, bare_sqlite::check),
        Subject::Bulk => (
            bulk(&path, place.size(50_000, 2_000)).await?,
            bare_sqlite::check,
        ),
        Subject::Ours | Subject::OneWorker => {
            let store = SqliteStore::open(&path).await?;
            let orders = Repository::<Order>::builder(store.clone()).build()?;
            let done = callers::run(&Ours(orders), load).await?;
            store.close().await;
            (done, bare_sqlite::check)
        }
        Subject::Cqrs => {
            let pool = cqrs::sqlite::pool(&path, 1).await?;
            let store = Arc::new(cqrs::sqlite::store(pool.clone()));
            let done = callers::run(&Cqrs(store), load).await?;
            pool.close().await;
            (done, cqrs::sqlite::check)
        }
        Subject::Sync => {
            let latencies = disk::syncs(&place.own, place.time())?;
            return Ok(of_the_disk(&latencies, events));
        }
        _ => return Err(no_such(subject)),
    };
    finish(&path, done, check)
}

type Check = fn(&Path, std::collections::HashMap<String, u64>) -> Result<Checked>;

/// As many saves as the disk can sync.
fn of_the_disk(latencies: &Latencies, events: u64) -> Sample {
    let syncs: (f64, f64) = latencies
        .recorded()
        .iter()
        .fold((0.0, 0.0), |(count, time), each| {
            (
                count + float(each.1),
                time + float(each.0) * float(each.1) / 1e9,
            )
        });
    Sample {
        value: syncs.0 / syncs.1 * float(events),
        latencies: latencies.recorded(),
        ..Sample::default()
    }
}

fn finish(path: &Path, done: Done, check: Check) -> Result<Sample> {
    let events = done.events();
    Ok(Sample {
        value: done.events_a_second(),
        latencies: done.latencies.recorded(),
        peak_memory: peak_memory(),
        bytes_per_event: Some(float(file_size(path)) / float(events)),
        checked: Some(check(path, done.acknowledged)?),
    })
}

/// A transaction for each save.
async fn bare(path: &Path, load: Load) -> Result<Done> {
    let connection = bare_sqlite::open(path).await?;
    let mut done = Done::new()?;
    let begun = Instant::now();
    for save in 0_u64.. {
        if begun.elapsed() >= load.time {
            break;
        }
        let id = match load.streams {
            Streams::New => save.to_string(),
            Streams::Own => "0".to_owned(),
        };
        let known = done.acknowledged.entry(id.clone()).or_default();
        let saving = Instant::now();
        insert_one(&connection, &id, *known, load.events)?;
        done.latencies.since(saving);
        *known += load.events;
    }
    done.took = begun.elapsed();
    checkpoint(&connection)?;
    Ok(done)
}

fn insert_one(connection: &Connection, id: &str, known: u64, events: u64) -> Result {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    bare_sqlite::insert(connection, &bare_sqlite::stream(id), known, events)?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

/// The same on a thread that is asked for each.
async fn on_a_thread(path: &Path, load: Load) -> Result<Done> {
    const ID: &str = "0";
    let connection = bare_sqlite::open(path).await?;
    let (ask, asked) = mpsc::channel::<(u64, oneshot::Sender<Result>)>();
    let thread = std::thread::spawn(move || {
        for (known, answer) in asked {
            let _ = answer.send(insert_one(&connection, ID, known, load.events));
        }
        checkpoint(&connection)
    });
    // As the callers of the others: a task among those of the runtime.
    let caller = tokio::spawn(async move {
        let mut done = Done::new()?;
        let (begun, mut known) = (Instant::now(), 0);
        while begun.elapsed() < load.time {
            let saving = Instant::now();
            let (answer, answered) = oneshot::channel();
            ask.send((known, answer))?;
            answered.await??;
            done.latencies.since(saving);
            known += load.events;
        }
        done.took = begun.elapsed();
        done.acknowledged.insert(ID.to_owned(), known);
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(done)
    });
    let done = caller.await??;
    thread.join().map_err(|_| "the thread panicked")??;
    Ok(done)
}

async fn bulk(path: &Path, events: u64) -> Result<Done> {
    let connection = bare_sqlite::open(path).await?;
    let mut done = Done::new()?;
    let begun = Instant::now();
    connection.execute_batch("BEGIN IMMEDIATE")?;
    bare_sqlite::insert(&connection, &bare_sqlite::stream("0"), 0, events)?;
    connection.execute_batch("COMMIT")?;
    done.took = begun.elapsed().max(Duration::from_nanos(1));
    done.latencies.since(begun);
    done.acknowledged.insert("0".to_owned(), events);
    checkpoint(&connection)?;
    Ok(done)
}

/// As the last connection does when it closes: the log would count as the file's otherwise.
fn checkpoint(connection: &Connection) -> Result {
    Ok(connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?)
}
