//! `cqrs-es` over `sqlite-es`, as durable as the library.

use std::{collections::HashMap, path::Path};

use cqrs_es::persist::PersistedEventStore;
use rusqlite::{Connection, params};
use sqlite_es::SqliteEventRepository;
use sqlx::{
    Pool, Sqlite,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Order, OrderEvent};
use crate::{Result, domain::Item, sample::Checked};

pub(crate) type Store = PersistedEventStore<SqliteEventRepository, Order>;

/// The tables of `sqlite-es`, as its migration makes them.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS events (
        aggregate_type text                          NOT NULL,
        aggregate_id   text                          NOT NULL,
        sequence       integer CHECK (sequence >= 0) NOT NULL,
        event_type     text                          NOT NULL,
        event_version  text                          NOT NULL,
        payload        text                          NOT NULL,
        metadata       text                          NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, sequence)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS snapshots (
        aggregate_type   text                                  NOT NULL,
        aggregate_id     text                                  NOT NULL,
        last_sequence    integer CHECK (last_sequence >= 0)    NOT NULL,
        current_snapshot integer CHECK (current_snapshot >= 0) NOT NULL,
        payload          text                                  NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, last_sequence)
    ) STRICT;";

/// Its own pool (`default_sqlite_pool`: ten connections, a write-ahead log) but for two things: a commit is durable, and
/// `connections` says how many there are, since ten that write get in each other's way.
pub(crate) async fn pool(path: &Path, connections: u32) -> Result<Pool<Sqlite>> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true);
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .connect_with(options)
        .await?;
    sqlx::raw_sql(TABLES).execute(&pool).await?;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
        .fetch_one(&pool)
        .await?;
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&pool)
        .await?;
    assert_eq!(
        (synchronous, journal.as_str()),
        (2, "wal"),
        "FULL, with a write-ahead log"
    );
    Ok(pool)
}

/// Its event store, without snapshots.
pub(crate) fn store(pool: Pool<Sqlite>) -> Store {
    PersistedEventStore::new_event_store(SqliteEventRepository::new(pool))
}

/// Streams `0`, `1`, … of as many events each.
pub(crate) fn fill(path: &Path, streams: u64, events: u64) -> Result {
    let mut connection = Connection::open(path)?;
    connection.execute_batch("PRAGMA journal_mode = WAL")?;
    connection.execute_batch(TABLES)?;
    let transaction = connection.transaction()?;
    {
        let mut statement = transaction
            .prepare("INSERT INTO events VALUES ('order', ?1, ?2, ?3, '1', ?4, '{}')")?;
        for version in 1..=events {
            let event = OrderEvent::of_version(version);
            let name = cqrs_es::DomainEvent::event_type(&event);
            let payload = serde_json::to_string(&event)?;
            for id in 0..streams {
                statement.execute(params![id.to_string(), version, name, payload])?;
            }
        }
    }
    transaction.commit()?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// Every row beside what was acknowledged, by order id.
pub(crate) fn check(path: &Path, acknowledged: HashMap<String, u64>) -> Result<Checked> {
    let connection = Connection::open(path)?;
    let mut statement = connection.prepare(
        "SELECT aggregate_id, sequence, payload FROM events ORDER BY aggregate_id, sequence",
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
            let event: OrderEvent = serde_json::from_str(&payload)?;
            let item: &Item = event.item();
            Ok((id, version, item.quantity))
        }),
    )
}
