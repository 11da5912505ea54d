//! The stored format: tables, format version, migrations. A change of the layout is a new entry of
//! [`MIGRATIONS`]; those that were released are never edited.

use std::time::Instant;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, types::ValueRef};
use uuid::Uuid;

use super::{
    SqliteOptions,
    errors::{Failure, Sql, Trouble, is_busy},
};
use crate::{Error, ErrorKind, Result};

/// The statements that lead from each format version to the next, the first from an empty file.
const MIGRATIONS: &[&str] = &[include_str!("format_1.sql")];

/// The format that this program writes.
#[allow(clippy::cast_possible_wrap, reason = "a handful")]
pub(super) const FORMAT: i64 = MIGRATIONS.len() as i64;

/// What `file` and other programs tell the format by: `EvSt`.
const APPLICATION_ID: i64 = 0x4576_5374;

/// What a file has in it.
enum Content {
    Nothing,
    /// A store of this format.
    Store(i64),
    /// Tables of somebody else.
    Foreign,
    /// A store whose file header was changed: `user_version` and the format in the table differ.
    Contradictory(i64, i64),
}

/// Makes a new file a store, brings an old one up to date, and gives its identity.
///
/// Several processes may do this to one file at once. Nothing is written to a file that isn't ours.
pub(super) fn prepare(
    connection: &mut Connection,
    database: &str,
    options: &SqliteOptions,
) -> Result<Uuid> {
    let result = try_prepare(connection, database, options);
    result.map_err(|trouble| trouble.into_error(database))
}

fn try_prepare(
    connection: &mut Connection,
    database: &str,
    options: &SqliteOptions,
) -> Result<Uuid, Trouble> {
    // In one transaction: another process may migrate the file between two statements.
    let content = inspect(&*connection.transaction()?)?;
    match content {
        Content::Store(FORMAT) => match use_wal(connection, options) {
            // It can be read as it is.
            Err(error) if is_read_only(&error) => {}
            other => other?,
        },
        content => {
            accept(database, &content)?;
            use_wal(connection, options).map_err(|error| not_initialised(database, error))?;
            migrate(connection, database)?;
        }
    }
    identity(connection, database)
}

/// The store's identity, made when the file was.
pub(super) fn identity(connection: &Connection, database: &str) -> Result<Uuid, Trouble> {
    let sql = "SELECT value FROM eventsourcing_meta WHERE key = 'store_id'";
    let found = connection
        .query_row(sql, [], |row| {
            let bytes = row.get_ref(0)?;
            Ok(bytes.as_blob().ok().and_then(|b| Uuid::from_slice(b).ok()))
        })
        .optional()?;
    found.flatten().ok_or_else(|| {
        let what = "the store's identity in eventsourcing_meta is missing or damaged";
        let failure = Failure::other(ErrorKind::UnsupportedFormat, database, what);
        failure.to_error().into()
    })
}

/// The format that the file has now: another process may have migrated it since it was opened.
pub(super) fn current_format(connection: &Connection) -> Sql<i64> {
    let mut statement = connection.prepare_cached("PRAGMA user_version")?;
    statement.query_row([], |row| row.get(0))
}

/// A number that changes when another connection, of this process or of another one, has committed anything since it was last
/// asked for; commits of this connection leave it as it is ([SQLite](https://sqlite.org/pragma.html#pragma_data_version)).
pub(super) fn data_version(connection: &Connection) -> Sql<i64> {
    let mut statement = connection.prepare_cached("PRAGMA data_version")?;
    statement.query_row([], |row| row.get(0))
}

/// An error for a file of a newer format.
pub(super) fn newer(database: &str, format: i64) -> Error {
    Error::new(ErrorKind::UnsupportedFormat)
        .because(format!("{database} has {}", another_format(format)))
}

/// What is said of a format that isn't ours.
pub(super) fn another_format(format: i64) -> String {
    format!("the store format {format}, this program knows formats up to {FORMAT}")
}

fn inspect(connection: &Connection) -> Sql<Content> {
    let meta = "SELECT count(*) FROM sqlite_master WHERE name = 'eventsourcing_meta'";
    if connection.query_row(meta, [], |row| row.get::<_, i64>(0))? == 0 {
        let others =
            "SELECT count(*) FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
        let others: i64 = connection.query_row(others, [], |row| row.get(0))?;
        let claimed: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        return Ok(match (others, claimed) {
            (0, 0 | APPLICATION_ID) => Content::Nothing,
            _ => Content::Foreign,
        });
    }
    let format = "SELECT value FROM eventsourcing_meta WHERE key = 'format'";
    let format = connection
        .query_row(format, [], |row| {
            Ok(match row.get_ref(0)? {
                ValueRef::Integer(format) => Some(format),
                _ => None,
            })
        })
        .optional()?
        .flatten();
    let header = current_format(connection)?;
    let claimed: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    Ok(match format {
        Some(format) if format > FORMAT => Content::Store(format),
        Some(_) if header > FORMAT => Content::Store(header),
        Some(format) if format > 0 && claimed == APPLICATION_ID => {
            if header == format {
                Content::Store(format)
            } else {
                Content::Contradictory(header, format)
            }
        }
        _ => Content::Foreign,
    })
}

fn accept(database: &str, content: &Content) -> Result<i64> {
    match content {
        Content::Nothing => Ok(0),
        Content::Store(format) if *format <= FORMAT => Ok(*format),
        Content::Store(format) => Err(newer(database, *format)),
        Content::Contradictory(header, format) => {
            Err(Error::new(ErrorKind::UnsupportedFormat).because(format!(
                "{database} says format {format} in its table and {header} in `PRAGMA user_version`, which belongs to the store"
            )))
        }
        Content::Foreign => Err(Error::new(ErrorKind::UnsupportedFormat).because(format!(
            "{database} is an SQLite database of something else: it has tables, or an application_id, but not those of an event store"
        ))),
    }
}

/// Readers don't wait for writers in this mode, nor writers for readers.
fn use_wal(connection: &Connection, options: &SqliteOptions) -> Sql<()> {
    let deadline = Instant::now().checked_add(options.busy_timeout);
    let query = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0));
    if matches!(&*query("PRAGMA journal_mode")?, "wal" | "memory") {
        return Ok(());
    }
    connection.execute_batch("PRAGMA page_size = 4096")?;
    loop {
        // SQLite doesn't call the busy handler for this change: two processes that open a new file at once
        // would see it fail.
        match query("PRAGMA journal_mode = WAL") {
            Err(error) if is_busy(&error) && deadline.is_none_or(|at| Instant::now() < at) => {
                std::thread::sleep(std::time::Duration::from_millis(fastrand::u64(1..10)));
            }
            Err(error) => return Err(error),
            Ok(mode) => {
                if mode != "wal" {
                    tracing::warn!(mode, "this file system can't do WAL: appends will be slow");
                }
                return Ok(());
            }
        }
    }
}

fn migrate(connection: &mut Connection, database: &str) -> Result<(), Trouble> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|error| not_initialised(database, error))?;
    // Under the lock: another process may have been faster.
    let from = accept(database, &inspect(&transaction)?)?;
    let from = usize::try_from(from).unwrap_or(0);
    for statements in MIGRATIONS.iter().skip(from) {
        transaction
            .execute_batch(statements)
            .map_err(|error| not_initialised(database, error))?;
    }
    if from == 0 {
        let sql = "INSERT INTO eventsourcing_meta (key, value) VALUES ('store_id', ?1)";
        transaction.execute(sql, [Uuid::now_v7().as_bytes().as_slice()])?;
    }
    if from < MIGRATIONS.len() {
        let sql = "INSERT OR REPLACE INTO eventsourcing_meta (key, value) VALUES ('format', ?1)";
        transaction.execute(sql, [FORMAT])?;
        transaction.execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT};"
        ))?;
    }
    Ok(transaction.commit()?)
}

fn is_read_only(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::ReadOnly)
}

fn not_initialised(database: &str, error: rusqlite::Error) -> Trouble {
    if is_read_only(&error) {
        let detail = format!(
            "{database} is read-only and has no event store of format {FORMAT} in it yet: open it for writing once"
        );
        return Error::new(ErrorKind::ReadOnly)
            .because(detail)
            .caused_by(error)
            .into();
    }
    error.into()
}
