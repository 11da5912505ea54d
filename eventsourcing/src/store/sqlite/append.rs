//! Appending a commit: the checks before the queue, the decision and the rows within the transaction.

use rusqlite::{
    ToSql, params,
    types::{ToSqlOutput, ValueRef},
};
use uuid::Uuid;

use super::{
    columns,
    errors::{Sql, Trouble},
    heads::Head,
    task::Weight,
    writer::Batch,
};
use crate::{
    Error, ErrorKind, Position, Result, Timestamp,
    store::{Appended, AppendedStream, Commit, NewEvent, StreamCommit},
};

/// The codec whose payloads are stored as text, so that `sqlite3` shows them.
const TEXT_CODEC: &str = "json";

const STORED: &str = "SELECT version, id, position, recorded_at FROM events
    WHERE stream = ?1 AND version BETWEEN ?2 AND ?3 AND commit_id = ?4 ORDER BY version";
const INSERT: &str = "INSERT INTO events
    (stream, version, id, name, event_version, codec, commit_id, recorded_at, payload, metadata)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

/// What is wrong with a commit whatever is stored.
pub(super) fn check(commit: &Commit) -> Result<()> {
    commit.check()?;
    for part in &commit.streams {
        part.events
            .iter()
            .try_for_each(|event| check_texts(part, event))?;
    }
    Ok(())
}

fn check_texts(part: &StreamCommit, event: &NewEvent) -> Result<()> {
    let wrong = if event.codec == TEXT_CODEC && std::str::from_utf8(&event.payload).is_err() {
        "payload"
    } else if std::str::from_utf8(&event.metadata).is_err() {
        "metadata"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Unfaithful)
        .at(part.stream.clone())
        .because(format!(
            "the {wrong} of the event {:?} is JSON, but not valid UTF-8",
            event.name
        )))
}

/// How much it adds to a transaction.
pub(super) fn weight(commit: &Commit) -> Weight {
    let events = commit.streams.iter().flat_map(|part| &part.events);
    Weight {
        rows: commit.event_count(),
        bytes: events.map(|e| e.payload.len() + e.metadata.len()).sum(),
    }
}

/// Stores it, or finds it stored, or refuses it.
pub(super) fn append(batch: &mut Batch<'_>, commit: &Commit) -> Result<Appended, Trouble> {
    let mut heads = Vec::with_capacity(commit.streams.len());
    for part in &commit.streams {
        let head = batch
            .heads
            .of(&part.stream, batch.connection, batch.database)?;
        heads.push(head);
    }
    let parts = || commit.streams.iter().zip(&heads);
    let differs = |part: &StreamCommit, head: &Head| {
        let other = head.last.is_some() && part.after.is_some() && head.last != part.after;
        part.expected != head.version || other
    };
    if let Some((part, head)) = parts().find(|(part, head)| differs(part, head)) {
        return match repeated(batch, commit)? {
            Some(appended) => Ok(appended),
            None => Err(Error::conflict(part.stream.clone(), part.expected, head.version).into()),
        };
    }
    let now = batch.clock.now();
    let mut streams = Vec::with_capacity(commit.streams.len());
    for (part, head) in parts() {
        let last = head.recorded_at.filter(|_| !part.events.is_empty());
        let recorded_at = last.map_or(now, |last| last.max(now));
        streams.push(AppendedStream {
            positions: insert(batch, commit.id, part, recorded_at)?,
            recorded_at,
        });
    }
    // Only now: a commit that was undone half way must not be remembered.
    for (part, appended) in commit.streams.iter().zip(&streams) {
        batch.heads.appended(part, appended.recorded_at);
    }
    Ok(Appended {
        streams,
        repeated: false,
    })
}

/// The answer of the first time, if all of the commit is stored, and nothing else under its id beside it.
fn repeated(batch: &Batch<'_>, commit: &Commit) -> Result<Option<Appended>, Trouble> {
    let mut streams = Vec::with_capacity(commit.streams.len());
    let now = batch.clock.now();
    for part in &commit.streams {
        if part.events.is_empty() {
            streams.push(AppendedStream {
                positions: Vec::new(),
                recorded_at: now,
            });
        } else if let Some(stored) = stored(batch, commit.id, part)? {
            streams.push(stored);
        } else {
            return Ok(None);
        }
    }
    Ok(Some(Appended {
        streams,
        repeated: true,
    }))
}

fn stored(
    batch: &Batch<'_>,
    commit: Uuid,
    part: &StreamCommit,
) -> Result<Option<AppendedStream>, Trouble> {
    let Some(last) = part.last_version() else {
        return Ok(None);
    };
    let mut statement = batch.connection.prepare_cached(STORED)?;
    // One more on both sides: a commit with more events there is another one.
    let mut rows = statement.query(params![
        part.stream.as_str(),
        columns::from_version(part.expected),
        columns::from_version(last.next()),
        commit.as_bytes().as_slice(),
    ])?;
    let mut positions = Vec::with_capacity(part.events.len());
    let mut recorded_at = None;
    let (mut version, mut events) = (part.expected, part.events.iter());
    while let Some(row) = rows.next()? {
        version = version.next();
        let id = row.get_ref(1)?.as_blob().ok();
        let wanted = events.next().map(|event| event.id.as_bytes().as_slice());
        if columns::version(row, 0)? != Some(version) || wanted.is_none() || id != wanted {
            return Ok(None);
        }
        positions.push(batch.position(row.get(2)?));
        recorded_at = recorded_at.or(columns::time(row, 3)?);
    }
    // Fewer than it has: another commit, or rows were deleted behind the store's back.
    Ok(recorded_at
        .filter(|_| positions.len() == part.events.len())
        .map(|recorded_at| AppendedStream {
            positions,
            recorded_at,
        }))
}

fn insert(
    batch: &mut Batch<'_>,
    commit: Uuid,
    part: &StreamCommit,
    recorded_at: Timestamp,
) -> Sql<Vec<Position>> {
    let mut statement = match batch.insert.take() {
        Some(statement) => statement,
        None => batch.connection.prepare_cached(INSERT)?,
    };
    let mut positions = Vec::with_capacity(part.events.len());
    let mut version = part.expected;
    for event in &part.events {
        version = version.next();
        let stored = statement.execute(params![
            part.stream.as_str(),
            columns::from_version(version),
            event.id.as_bytes().as_slice(),
            &*event.name,
            event.event_version,
            &*event.codec,
            commit.as_bytes().as_slice(),
            recorded_at.unix_micros(),
            payload(event),
            Bytes::Text(&event.metadata),
        ])?;
        // A trigger can have it ignored without a word.
        if stored != 1 {
            return Err(rusqlite::Error::StatementChangedRows(stored));
        }
        positions.push(batch.position(batch.connection.last_insert_rowid()));
    }
    batch.insert = Some(statement);
    Ok(positions)
}

impl Batch<'_> {
    fn position(&self, rowid: i64) -> Position {
        // AUTOINCREMENT counts from 1.
        Position::new(self.store, 0, u64::try_from(rowid).unwrap_or(0))
    }
}

/// A column's bytes: text that was checked to be UTF-8 isn't checked again.
enum Bytes<'a> {
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

impl ToSql for Bytes<'_> {
    fn to_sql(&self) -> Sql<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Text(bytes) => ValueRef::Text(bytes),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn payload(event: &NewEvent) -> Bytes<'_> {
    match &*event.codec {
        TEXT_CODEC => Bytes::Text(&event.payload),
        _ => Bytes::Blob(&event.payload),
    }
}
