//! Snapshots in a table of their own, written by the same thread as events.
//!
//! A damaged row is never an error here: what can't be read is replaced by a default, so that the row's
//! checksum no longer matches, and the caller can replay, and delete what it saw.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};
use uuid::Uuid;

use super::{
    columns,
    errors::{Sql, Trouble},
    read::{self, category_range},
};
use crate::{
    Result, StreamId, Version,
    snapshot::{Fingerprint, Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow},
    store::{FromSnapshot, ReadStream},
};

macro_rules! of_key {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " FROM snapshots WHERE stream = ?1 AND schema_version = ?2 AND fingerprint = ?3 AND codec = ?4 ",
            $after
        )
    };
}

const SAVE: &str = "INSERT INTO snapshots
    (stream, schema_version, fingerprint, codec, version, last_event, created_at, checksum, state)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT (stream, schema_version, fingerprint, codec, version) DO NOTHING";
pub(super) const NEWEST: &str = of_key!(
    "SELECT version, last_event, created_at, checksum, state",
    "AND version <= ?5 ORDER BY version DESC LIMIT 1"
);
const EXISTING: &str = of_key!(
    "SELECT version, last_event, created_at, checksum, state",
    "AND version = ?5"
);
const OTHER_KEYS: &str = "SELECT DISTINCT schema_version, fingerprint, codec FROM snapshots
    WHERE stream = ?1 AND version <= ?2 ORDER BY schema_version, fingerprint, codec";
const LIST: &str = "SELECT schema_version, fingerprint, codec, version, created_at, checksum,
        CASE typeof(state) WHEN 'blob' THEN length(state) WHEN 'null' THEN NULL
            WHEN 'text' THEN length(CAST(state AS BLOB)) ELSE 0 END,
        rowid
    FROM snapshots WHERE stream = ?1 ORDER BY version, schema_version, fingerprint, codec";
const DELETE: &str = of_key!(
    "DELETE",
    "AND version = ?5 AND created_at = ?6 AND checksum = ?7 AND length(state) IS ?8"
);
const PRUNE: &str = of_key!("DELETE", "AND version < ?5");
const DELETE_CATEGORY: &str = "DELETE FROM snapshots
    WHERE stream >= ?1 AND stream < ?2 AND (?3 IS NULL OR schema_version = ?3)";

pub(super) fn save(connection: &Connection, row: &SnapshotRow) -> Result<SavedSnapshot, Trouble> {
    let key = &row.key;
    let changed = connection.prepare_cached(SAVE)?.execute(params![
        key.stream.as_str(),
        key.schema_version,
        key.fingerprint.as_bytes().as_slice(),
        key.codec,
        columns::from_version(row.version),
        row.last_event.as_bytes().as_slice(),
        row.created_at.unix_micros(),
        row.checksum.cast_signed(),
        row.state.as_deref(),
    ])?;
    if changed > 0 {
        return Ok(SavedSnapshot::Stored);
    }
    let existing = find(connection, EXISTING, key, row.version)?;
    Ok(match existing {
        Some(existing) => SavedSnapshot::Existing(existing),
        // Within one transaction nobody can have taken it away.
        None => return Err(rusqlite::Error::QueryReturnedNoRows.into()),
    })
}

pub(super) fn newest(
    connection: &Connection,
    key: &SnapshotKey,
    at_most: Version,
) -> Result<Newest, Trouble> {
    match find(connection, NEWEST, key, at_most)? {
        Some(row) => Ok(Newest::Found(row)),
        None => absent(connection, key, at_most),
    }
}

/// The row as in [`newest`], and the events from its version on.
pub(super) fn newest_with_events(
    connection: &Connection,
    store: Uuid,
    key: &SnapshotKey,
    at_most: Version,
    limit: usize,
) -> Result<FromSnapshot, Trouble> {
    let mut statement = connection.prepare_cached(NEWEST)?;
    let mut rows = statement.query(params_of(key, at_most))?;
    let Some(row) = rows.next()? else {
        return Ok(FromSnapshot {
            newest: absent(connection, key, at_most)?,
            events: None,
        });
    };
    let row = snapshot(row, key)?;
    // While the first statement stands at its row, both see the file as it was when that one began.
    let wanted = ReadStream::from(row.version).up_to(at_most).limit(limit);
    let events = read::stream(connection, store, &key.stream, &wanted).ok();
    drop(rows);
    Ok(FromSnapshot {
        newest: Newest::Found(row),
        events,
    })
}

fn absent(connection: &Connection, key: &SnapshotKey, at_most: Version) -> Result<Newest, Trouble> {
    let mut statement = connection.prepare_cached(OTHER_KEYS)?;
    let at_most = columns::from_version(at_most);
    let mut rows = statement.query(params![key.stream.as_str(), at_most])?;
    let mut others = Vec::new();
    while let Some(row) = rows.next()? {
        let other = lenient_key(&key.stream, row)?;
        // Its own key can have been saved since the first look; damaged columns can make two keys alike.
        if other != *key && !others.contains(&other) {
            others.push(other);
        }
    }
    Ok(Newest::Absent(others))
}

fn find(
    connection: &Connection,
    sql: &str,
    key: &SnapshotKey,
    version: Version,
) -> Sql<Option<SnapshotRow>> {
    let mut statement = connection.prepare_cached(sql)?;
    statement
        .query_row(params_of(key, version), |row| snapshot(row, key))
        .optional()
}

/// Of `of_key!`, and a version.
fn params_of(key: &SnapshotKey, version: Version) -> impl Params {
    (
        key.stream.as_str(),
        key.schema_version,
        key.fingerprint.as_bytes().as_slice(),
        key.codec.as_str(),
        columns::from_version(version),
    )
}

fn snapshot(row: &Row<'_>, key: &SnapshotKey) -> Sql<SnapshotRow> {
    Ok(SnapshotRow {
        key: key.clone(),
        version: columns::version(row, 0)?.unwrap_or_default(),
        last_event: columns::uuid(row, 1)?.unwrap_or(Uuid::nil()),
        created_at: columns::time(row, 2)?.unwrap_or_default(),
        checksum: columns::integer(row, 3)?
            .unwrap_or_default()
            .cast_unsigned(),
        state: match row.get_ref(4)? {
            rusqlite::types::ValueRef::Null => None,
            _ => Some(Bytes::copy_from_slice(
                columns::bytes(row, 4)?.unwrap_or_default(),
            )),
        },
    })
}

pub(super) fn list(
    connection: &Connection,
    stream: &StreamId,
) -> Result<Vec<SnapshotInfo>, Trouble> {
    let infos = list_with_rowids(connection, stream)?;
    Ok(infos.into_iter().map(|(info, _)| info).collect())
}

fn list_with_rowids(connection: &Connection, stream: &StreamId) -> Sql<Vec<(SnapshotInfo, i64)>> {
    let mut statement = connection.prepare_cached(LIST)?;
    let infos = statement.query_map([stream.as_str()], |row| {
        let length = columns::integer(row, 6)?;
        let info = SnapshotInfo {
            key: lenient_key(stream, row)?,
            version: columns::version(row, 3)?.unwrap_or_default(),
            created_at: columns::time(row, 4)?.unwrap_or_default(),
            state_len: length.map(|length| usize::try_from(length).unwrap_or_default()),
            checksum: columns::integer(row, 5)?
                .unwrap_or_default()
                .cast_unsigned(),
        };
        Ok((info, row.get(7)?))
    })?;
    infos.collect()
}

/// The key in the first three columns.
fn lenient_key(stream: &StreamId, row: &Row<'_>) -> Sql<SnapshotKey> {
    let schema_version = columns::integer(row, 0)?.and_then(|value| u32::try_from(value).ok());
    let fingerprint = columns::bytes(row, 1)?.and_then(|bytes| bytes.try_into().ok());
    Ok(SnapshotKey {
        stream: stream.clone(),
        schema_version: schema_version.unwrap_or_default(),
        fingerprint: fingerprint.map(Fingerprint::from_bytes).unwrap_or_default(),
        codec: columns::text(row, 2)?.unwrap_or_default().to_owned(),
    })
}

pub(super) fn delete(connection: &Connection, info: &SnapshotInfo) -> Result<bool, Trouble> {
    let key = &info.key;
    let removed = connection.prepare_cached(DELETE)?.execute(params![
        key.stream.as_str(),
        key.schema_version,
        key.fingerprint.as_bytes().as_slice(),
        key.codec,
        columns::from_version(info.version),
        info.created_at.unix_micros(),
        info.checksum.cast_signed(),
        info.state_len.and_then(|len| i64::try_from(len).ok()),
    ])?;
    if removed > 0 {
        return Ok(true);
    }
    // A damaged row was described by defaults, which aren't what is stored.
    let rows = list_with_rowids(connection, &key.stream)?;
    let Some((_, rowid)) = rows.iter().find(|(row, _)| row == info) else {
        return Ok(false);
    };
    let sql = "DELETE FROM snapshots WHERE rowid = ?1";
    Ok(connection.prepare_cached(sql)?.execute([rowid])? > 0)
}

pub(super) fn prune(
    connection: &Connection,
    key: &SnapshotKey,
    before: Version,
) -> Result<u64, Trouble> {
    let removed = connection.prepare_cached(PRUNE)?.execute(params![
        key.stream.as_str(),
        key.schema_version,
        key.fingerprint.as_bytes().as_slice(),
        key.codec,
        columns::from_version(before),
    ])?;
    Ok(count(removed))
}

pub(super) fn delete_category(
    connection: &Connection,
    category: &str,
    schema_version: Option<u32>,
) -> Result<u64, Trouble> {
    let Some((from, to)) = category_range(category) else {
        return Ok(0);
    };
    let mut statement = connection.prepare_cached(DELETE_CATEGORY)?;
    Ok(count(statement.execute(params![
        from,
        to,
        schema_version
    ])?))
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
