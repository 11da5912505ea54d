//! Reading events: one short statement a call, rows copied straight from SQLite's page into ours.

use rusqlite::{Connection, OptionalExtension as _, Row, Rows, params};
use uuid::Uuid;

use super::{
    columns,
    errors::{Sql, Trouble},
};
use crate::{
    Error, ErrorKind, Position, Result, StreamId, Version,
    store::{Direction, EventPage, ReadAll, ReadStream, RecordedEvent, page::SAMPLE},
};

/// A page ends after this many bytes of payload and metadata.
const MAX_PAGE_BYTES: usize = 1 << 20;

macro_rules! select {
    ($last:literal FROM $($rest:literal)*) => {
        concat!(
            "SELECT position, version, id, name, event_version, codec, commit_id, recorded_at, payload, metadata",
            $last,
            " FROM events ",
            $($rest),*
        )
    };
    ($($rest:literal)*) => {
        select!(", stream" FROM $($rest)*)
    };
}

// Without the stream's name: each row would have it read and checked again.
pub(super) const FORWARD: &str =
    select!("" FROM "WHERE stream = ?1 AND version BETWEEN ?2 AND ?3 ORDER BY version");
const BACKWARD: &str =
    select!("" FROM "WHERE stream = ?1 AND version BETWEEN ?2 AND ?3 ORDER BY version DESC");

// The plans are forced: each must follow the positions and stop early. Left alone, SQLite may take all
// events of a category by the other index and sort them, for every page again.
const ALL: &str = select!("NOT INDEXED WHERE position > ?1 ORDER BY position");
const ALL_OF_CATEGORY: &str =
    select!("NOT INDEXED WHERE position > ?1 AND stream >= ?2 AND stream < ?3 ORDER BY position");
const FIRST: &str =
    select!("INDEXED BY events_first WHERE version = 1 AND position > ?1 ORDER BY position");
const FIRST_OF_CATEGORY: &str = select!(
    "INDEXED BY events_first WHERE version = 1 AND position > ?1 AND stream >= ?2 AND stream < ?3
    ORDER BY position"
);

/// The streams of a category, as a range of texts; none if no stream can be of it.
pub(super) fn category_range(category: &str) -> Option<(String, String)> {
    let possible = !category.is_empty() && !category.contains(StreamId::SEPARATOR);
    // `0` is the character after `/`.
    possible.then(|| {
        (
            format!("{category}{}", StreamId::SEPARATOR),
            format!("{category}0"),
        )
    })
}

pub(super) fn stream(
    connection: &Connection,
    store: Uuid,
    stream: &StreamId,
    read: &ReadStream,
) -> Result<EventPage, Trouble> {
    let sql = match read.direction {
        Direction::Forward => FORWARD,
        Direction::Backward => BACKWARD,
    };
    // A first version beyond what SQL can hold is held at the highest, which no stream reaches.
    let (first, last) = (*read.versions.start(), *read.versions.end());
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query(params![
        stream.as_str(),
        columns::from_u64(first),
        columns::from_u64(last),
    ])?;
    page(rows, store, Some(stream.as_str()), read.limit)
}

pub(super) fn all(
    connection: &Connection,
    store: Uuid,
    read: &ReadAll,
) -> Result<EventPage, Trouble> {
    let after = read
        .after
        .map_or(i64::MIN, |position| columns::from_u64(position.offset()));
    let Some(category) = &read.category else {
        let sql = if read.first_only { FIRST } else { ALL };
        let mut statement = connection.prepare_cached(sql)?;
        return page(statement.query([after])?, store, None, read.limit);
    };
    let Some((from, to)) = category_range(category) else {
        return Ok(EventPage::new());
    };
    let sql = if read.first_only {
        FIRST_OF_CATEGORY
    } else {
        ALL_OF_CATEGORY
    };
    let mut statement = connection.prepare_cached(sql)?;
    page(
        statement.query(params![after, from, to])?,
        store,
        None,
        read.limit,
    )
}

/// The version of the stream's last event.
pub(super) fn head(connection: &Connection, stream: &StreamId) -> Result<Version, Trouble> {
    let sql = "SELECT version FROM events WHERE stream = ?1 ORDER BY version DESC LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let version = statement
        .query_row([stream.as_str()], |row| columns::version(row, 0))
        .optional()?;
    match version {
        None => Ok(Version::ZERO),
        Some(Some(version)) => Ok(version),
        Some(None) => Err(Error::new(ErrorKind::Corrupt)
            .at(stream.clone())
            .because("the version of the stream's last row is damaged")
            .into()),
    }
}

/// The events of these rows: of this stream, or of those that their last column names.
fn page(
    mut rows: Rows<'_>,
    store: Uuid,
    stream: Option<&str>,
    limit: usize,
) -> Result<EventPage, Trouble> {
    let mut page = EventPage::new();
    while let Some(row) = rows.next()? {
        if !page.is_empty() && (page.len() >= limit || page.byte_len() >= MAX_PAGE_BYTES) {
            page.set_has_more(true);
            break;
        }
        match event(row, store, stream)? {
            Ok(event) => {
                page.push(&event);
                if page.len() == SAMPLE {
                    page.make_room(limit);
                }
            }
            // What is before it can be read.
            Err(_) if !page.is_empty() => {
                page.set_has_more(true);
                break;
            }
            Err(column) => return Err(damaged(row, stream, column)?.into()),
        }
    }
    Ok(page)
}

/// The row's event, or the name of the column that is damaged.
fn event<'r>(
    row: &'r Row<'_>,
    store: Uuid,
    stream: Option<&'r str>,
) -> Sql<Result<RecordedEvent<'r>, &'static str>> {
    macro_rules! column {
        ($read:path, $index:literal, $name:literal) => {
            match $read(row, $index)? {
                Some(value) => value,
                None => return Ok(Err($name)),
            }
        };
    }
    Ok(Ok(RecordedEvent {
        position: {
            let position = column!(columns::integer, 0, "position");
            let Ok(position) = u64::try_from(position) else {
                return Ok(Err("position"));
            };
            Position::new(store, 0, position)
        },
        stream: match stream {
            Some(stream) => stream,
            None => column!(columns::text, 10, "stream"),
        },
        version: column!(columns::version, 1, "version"),
        id: column!(columns::uuid, 2, "id"),
        name: column!(columns::text, 3, "name"),
        event_version: {
            let version = column!(columns::integer, 4, "event_version");
            let Ok(version) = u32::try_from(version) else {
                return Ok(Err("event_version"));
            };
            version
        },
        codec: column!(columns::text, 5, "codec"),
        commit_id: column!(columns::uuid, 6, "commit_id"),
        recorded_at: column!(columns::time, 7, "recorded_at"),
        payload: column!(columns::bytes, 8, "payload"),
        metadata: column!(columns::bytes, 9, "metadata"),
    }))
}

fn damaged(row: &Row<'_>, stream: Option<&str>, column: &str) -> Sql<Error> {
    let position = columns::integer(row, 0)?.unwrap_or_default();
    let name = columns::text(row, 3)?.unwrap_or("?");
    let stream = match stream {
        None => columns::text(row, 10)?,
        known => known,
    };
    let mut error = Error::new(ErrorKind::Corrupt).because(format!(
        "the event {name:?} at position {position} is damaged in the column `{column}`, stream {:?}",
        stream.unwrap_or("?")
    ));
    if let Some(stream) = stream.and_then(|stream| StreamId::parse(stream).ok()) {
        error = error.at(stream);
    }
    if let Some(version) = columns::version(row, 1)? {
        error = error.at_version(version);
    }
    Ok(error)
}
