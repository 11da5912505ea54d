//! The driver and nothing else, on the library's own tables with the library's pragmas: the floor of every row over SQLite.

use std::{collections::HashMap, path::Path};

use eventsourcing::SqliteStore;
use rusqlite::{Connection, Statement, params};
use uuid::Uuid;

use crate::{
    Result,
    domain::{Item, Totals},
    sample::Checked,
};

const INSERT: &str = "INSERT INTO events
    (stream, version, id, name, event_version, codec, commit_id, recorded_at, payload, metadata)
    VALUES (?1, ?2, ?3, ?4, 1, 'json', ?5, ?6, ?7, '')";

/// A connection to a file that the library made, as durable as the library's own.
pub(crate) async fn open(path: &Path) -> Result<Connection> {
    // It makes the tables.
    SqliteStore::open(path).await?.close().await;
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA trusted_schema = OFF",
    )?;
    assert_durable(&connection)?;
    Ok(connection)
}

/// Panics unless a commit is on the disk when it returns.
pub(crate) fn assert_durable(connection: &Connection) -> Result {
    let synchronous: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    let journal: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    assert_eq!(
        (synchronous, journal.as_str()),
        (2, "wal"),
        "FULL, with a write-ahead log"
    );
    Ok(())
}

/// Inserts as many events at the end of a stream, within whatever transaction is open.
pub(crate) fn insert(connection: &Connection, stream: &str, after: u64, events: u64) -> Result {
    insert_by(
        &mut *connection.prepare_cached(INSERT)?,
        stream,
        after,
        events,
    )
}

fn insert_by(statement: &mut Statement<'_>, stream: &str, after: u64, events: u64) -> Result {
    let commit = Uuid::now_v7();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    for version in after + 1..=after + events {
        statement.execute(params![
            stream,
            version,
            Uuid::now_v7().as_bytes(),
            name(version),
            commit.as_bytes(),
            u64::try_from(now.as_micros())?,
            serde_json::to_string(&Item::of_version(version))?,
        ])?;
    }
    Ok(())
}

fn name(version: u64) -> &'static str {
    if version == 1 { "Opened" } else { "ItemAdded" }
}

/// The stream of the order with this id.
pub(crate) fn stream(id: &str) -> String {
    format!("order/{id}")
}

/// Streams `0`, `1`, … of as many events each, one event of each in turn, in transactions of a size that memory can hold.
pub(crate) fn fill(connection: &Connection, streams: u64, events: u64) -> Result {
    let names: Vec<String> = (0..streams).map(|id| stream(&id.to_string())).collect();
    let mut statement = connection.prepare(INSERT)?;
    let mut rows = 0_u64;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    for version in 0..events {
        for name in &names {
            insert_by(&mut statement, name, version, 1)?;
            rows += 1;
            if rows.is_multiple_of(100_000) {
                connection.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
            }
        }
    }
    connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// The state after the stream's events up to this version: the loop that one would write by hand.
pub(crate) fn fold(connection: &Connection, stream: &str, upto: u64) -> Result<Totals> {
    let mut statement = connection.prepare_cached(
        "SELECT name, payload FROM events WHERE stream = ?1 AND version <= ?2 ORDER BY version",
    )?;
    let mut rows = statement.query(params![stream, i64::try_from(upto).unwrap_or(i64::MAX)])?;
    let mut totals = Totals::default();
    while let Some(row) = rows.next()? {
        let item: Item = match row.get_ref(0)?.as_str()? {
            "Opened" | "ItemAdded" => serde_json::from_slice(row.get_ref(1)?.as_bytes()?)?,
            other => return Err(format!("an event {other}").into()),
        };
        totals.add(&item);
    }
    Ok(totals)
}

/// The same with all columns that the library reads, and its check that no version is missing.
pub(crate) fn fold_all_columns(connection: &Connection, stream: &str) -> Result<Totals> {
    let mut statement = connection.prepare_cached(
        "SELECT position, version, id, name, event_version, codec, commit_id, recorded_at, payload, metadata, stream
        FROM events WHERE stream = ?1 AND version BETWEEN 1 AND 9223372036854775807 ORDER BY version",
    )?;
    let mut rows = statement.query([stream])?;
    let mut totals = Totals::default();
    while let Some(row) = rows.next()? {
        let _position: u64 = row.get(0)?;
        let version: u64 = row.get(1)?;
        for id in [2, 6] {
            Uuid::from_slice(row.get_ref(id)?.as_blob()?)?;
        }
        let _times: (u32, i64) = (row.get(4)?, row.get(7)?);
        let texts = (
            row.get_ref(5)?.as_str()?,
            row.get_ref(9)?.as_str()?,
            row.get_ref(10)?.as_str()?,
        );
        if version != totals.items + 1 || texts != ("json", "", stream) {
            return Err(format!("version {version} after {}", totals.items).into());
        }
        let item: Item = match row.get_ref(3)?.as_str()? {
            "Opened" | "ItemAdded" => serde_json::from_slice(row.get_ref(8)?.as_bytes()?)?,
            other => return Err(format!("an event {other}").into()),
        };
        totals.add(&item);
    }
    Ok(totals)
}

/// Every row of the library's tables beside what was acknowledged, by order id.
pub(crate) fn check(path: &Path, acknowledged: HashMap<String, u64>) -> Result<Checked> {
    let connection = Connection::open(path)?;
    let mut statement = connection.prepare(
        "SELECT substr(stream, 7), version, payload FROM events ORDER BY stream, version",
    )?;
    let rows = statement.query_map([], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, u64>(1)?,
            row.get::<_, String>(2)?,
        ))
    })?;
    Checked::rows(
        acknowledged,
        rows.map(|row| {
            let (id, version, payload) = row?;
            let item: Item = serde_json::from_str(&payload)?;
            Ok((id, version, item.quantity))
        }),
    )
}
