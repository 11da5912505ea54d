//! What an append costs with ten million events stored, against an empty store: by 64 callers who know their streams'
//! versions, to a SQLite file. Takes long: only where `--only large` asks for it.
//!
//! Streams drawn at random change a page of the index each, which a checkpoint writes one by one. So beside them: the bare
//! driver, and what the disk takes for such a page.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use eventsourcing::{
    EventStore as _, SqliteStore, StreamId,
    store::{Commit, NewEvent, StreamCommit},
};
use rusqlite::Connection;
use uuid::Uuid;

use super::{Kind, Place, Workload, no_such};
use crate::{
    Result,
    domain::{Item, draw},
    sample::{Checked, Latencies, Sample, float, peak_memory},
    subjects::{Subject, bare_sqlite, disk},
};

const CALLERS: u64 = 64;
/// Of the file that shows the disk's part, 512 MiB: of a thousand scattered pages hardly two are neighbours.
const PAGES: u64 = 1 << 17;

/// How many streams there are, and how many of them are appended to.
#[derive(Debug, Clone, Copy)]
struct Size {
    streams: u64,
    events_each: u64,
    used: u64,
}

fn size(random: bool, place: &Place) -> Size {
    let streams = place.size(100_000, 1_000);
    Size {
        streams,
        events_each: place.size(100, 2),
        used: if random { streams } else { 100 },
    }
}

pub(super) fn workload(random: bool) -> Workload {
    let (name, which) = if random {
        ("large/random", "streams drawn from 100,000")
    } else {
        ("large/hot", "100 streams")
    };
    let mut subjects = vec![Subject::Empty, Subject::Ours];
    if random {
        subjects.extend([Subject::Bare, Subject::Scattered]);
    }
    Workload {
        name: name.to_owned(),
        title: format!("append with 10,000,000 events stored, {which}, SQLite, durable"),
        kind: Kind::Large { random },
        subjects,
    }
}

pub(super) async fn prepare(random: bool, place: &Place) -> Result {
    let size = size(random, place);
    let bare = bare_sqlite::open(&place.prepared.join("events.db")).await?;
    bare_sqlite::fill(&bare, size.streams, size.events_each)
}

/// A stream that a caller appends to.
#[derive(Debug)]
struct Stream {
    id: StreamId,
    before: u64,
    acknowledged: u64,
}

pub(super) async fn measure(subject: Subject, random: bool, place: &Place) -> Result<Sample> {
    let size = size(random, place);
    let time = place.time() * 3;
    let folder = match subject {
        Subject::Ours => &place.prepared,
        Subject::Empty => &place.own,
        Subject::Bare => return bare(&place.prepared.join("events.db"), size, time).await,
        Subject::Scattered => {
            let page = disk::scattered(&place.own, PAGES, time)?;
            return Ok(Sample {
                value: page.as_secs_f64() * 1e6,
                ..Sample::default()
            });
        }
        _ => return Err(no_such(subject)),
    };
    let path = folder.join("events.db");
    let store = SqliteStore::open(&path).await?;
    let streams = open(&path, size)?;
    let begun = Instant::now();
    let end = begun + time;
    let callers: Vec<_> = streams
        .into_iter()
        .map(|own| tokio::spawn(caller(store.clone(), own, end)))
        .collect();
    let mut latencies = Latencies::new()?;
    let mut all = Vec::new();
    for caller in callers {
        let (own_latencies, streams) = caller.await??;
        latencies.add(&own_latencies)?;
        all.extend(streams);
    }
    let took = begun.elapsed();
    store.close().await;
    let appends: u64 = all.iter().map(|stream| stream.acknowledged).sum();
    Ok(Sample {
        value: took.as_secs_f64() * 1e6 / float(appends),
        latencies: latencies.recorded(),
        peak_memory: peak_memory(),
        checked: Some(check(&path, &all)?),
        ..Sample::default()
    })
}

/// The bare driver: as many events a transaction as callers wait at a time.
async fn bare(path: &Path, size: Size, time: Duration) -> Result<Sample> {
    let connection = bare_sqlite::open(path).await?;
    let mut streams: Vec<Stream> = open(path, size)?.into_iter().flatten().collect();
    let (begun, mut appends, mut random) = (Instant::now(), 0_u64, 1);
    while begun.elapsed() < time {
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for _ in 0..CALLERS {
            let stream = drawn(&mut streams, &mut random)?;
            let expected = stream.before + stream.acknowledged;
            bare_sqlite::insert(&connection, stream.id.as_str(), expected, 1)?;
            stream.acknowledged += 1;
            appends += 1;
        }
        connection.prepare_cached("COMMIT")?.execute([])?;
    }
    let took = begun.elapsed();
    // As the library's store does when it closes.
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(Sample {
        value: took.as_secs_f64() * 1e6 / float(appends),
        peak_memory: peak_memory(),
        checked: Some(check(path, &streams)?),
        ..Sample::default()
    })
}

fn drawn<'a>(streams: &'a mut [Stream], random: &mut u64) -> Result<&'a mut Stream> {
    let place = usize::try_from(draw(random))? % streams.len();
    Ok(&mut streams[place])
}

/// Each caller's own streams, with the versions that they have.
fn open(path: &Path, size: Size) -> Result<Vec<Vec<Stream>>> {
    let connection = Connection::open(path)?;
    let mut all: Vec<Vec<Stream>> = (0..CALLERS).map(|_| Vec::new()).collect();
    // Spread over all of the streams.
    for stream in (0..size.streams).step_by(usize::try_from(size.streams / size.used)?) {
        let id = StreamId::new("order", &stream.to_string())?;
        let before = head(&connection, id.as_str())?;
        let count = u64::try_from(all.iter().map(Vec::len).sum::<usize>())?;
        all[usize::try_from(count % CALLERS)?].push(Stream {
            id,
            before,
            acknowledged: 0,
        });
    }
    Ok(all)
}

fn head(connection: &Connection, stream: &str) -> Result<u64> {
    let sql = "SELECT coalesce(max(version), 0) FROM events WHERE stream = ?1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([stream], |row| row.get(0))?)
}

async fn caller(
    store: SqliteStore,
    mut own: Vec<Stream>,
    end: Instant,
) -> Result<(Latencies, Vec<Stream>)> {
    let mut latencies = Latencies::new()?;
    let mut random = u64::try_from(own.len())?;
    while Instant::now() < end && !own.is_empty() {
        let stream = drawn(&mut own, &mut random)?;
        let commit = commit(stream)?;
        let begun = Instant::now();
        store.append(commit).await?;
        latencies.since(begun);
        stream.acknowledged += 1;
    }
    Ok((latencies, own))
}

fn commit(stream: &Stream) -> Result<Commit> {
    let expected = stream.before + stream.acknowledged;
    let event = NewEvent {
        id: Uuid::now_v7(),
        name: if expected == 0 { "Opened" } else { "ItemAdded" }.into(),
        event_version: 1,
        codec: "json".into(),
        payload: serde_json::to_vec(&Item::of_version(expected + 1))?.into(),
        metadata: "".into(),
    };
    Ok(Commit {
        id: Uuid::now_v7(),
        streams: vec![StreamCommit {
            stream: stream.id.clone(),
            expected: expected.into(),
            after: None,
            events: vec![event],
        }],
    })
}

/// Of each stream that was appended to: how many events it has, and whether a version is missing.
fn check(path: &Path, streams: &[Stream]) -> Result<Checked> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    let mut statement = connection
        .prepare("SELECT count(*), coalesce(max(version), 0) FROM events WHERE stream = ?1")?;
    let mut checked = Checked::default();
    for stream in streams.iter().filter(|stream| stream.acknowledged > 0) {
        let wanted = stream.before + stream.acknowledged;
        let (count, head): (u64, u64) =
            statement.query_row([stream.id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        checked.lost += wanted.saturating_sub(count);
        checked.doubled += count.saturating_sub(wanted);
        checked.skipped += head.saturating_sub(count);
    }
    Ok(checked)
}
