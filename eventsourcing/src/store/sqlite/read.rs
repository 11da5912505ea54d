//! Reading events: one short statement a call, rows copied straight from SQLite's page into ours.

use rusqlite::{Connection, OptionalExtension as _, Row, Rows, params};
use uuid::Uuid;

use super::{
    columns,
    errors::{Sql, Trouble},
};
use crate::{
    Error, ErrorKind, Position, Result, StreamId, Version,
    store::{
        Direction, EventFields, EventPage, ReadAll, ReadStream, RecordedEvent,
        page::{
            SAMPLE,
            folded::{FoldedPage, FoldedRow},
        },
    },
};

/// A page ends after this many bytes of payload and metadata.
const MAX_PAGE_BYTES: usize = 1 << 20;

/// What a state is folded from. Each of the other columns costs a load a part of what a small payload does.
macro_rules! folded {
    () => {
        "version, name, event_version, codec, payload"
    };
}

/// What it is known by as well.
macro_rules! identified {
    () => {
        concat!(folded!(), ", id, recorded_at")
    };
}

/// Forwards in one stream.
macro_rules! forward {
    () => {
        " FROM events WHERE stream = ?1 AND version BETWEEN ?2 AND ?3 ORDER BY version"
    };
}

macro_rules! select {
    ($last:literal FROM $($rest:literal)*) => {
        concat!("SELECT ", identified!(), ", position, commit_id, metadata", $last, " FROM events ", $($rest),*)
    };
    ($($rest:literal)*) => {
        select!(", stream" FROM $($rest)*)
    };
}

// Without the stream's name: each row would have it read and checked again.
const FORWARD: &str = concat!(
    "SELECT ",
    identified!(),
    ", position, commit_id, metadata",
    forward!()
);
pub(super) const IDENTIFIED: &str = concat!("SELECT ", identified!(), forward!());
pub(super) const FOLDED: &str = concat!("SELECT ", folded!(), forward!());
pub(super) const STANDING: &str = "SELECT version FROM events WHERE stream = ?1 AND version = ?2";
pub(super) const IDENTITY: &str =
    "SELECT id, recorded_at FROM events WHERE stream = ?1 AND version = ?2";
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
    let name = stream.as_str();
    if (read.direction, read.fields) == (Direction::Forward, EventFields::Folded)
        && let Some(page) = folded(connection, store, stream, read)?
    {
        return Ok(page);
    }
    let (sql, columns) = match (read.direction, read.fields) {
        (Direction::Forward, EventFields::Identified | EventFields::Folded) => {
            (IDENTIFIED, Columns::Identified(name))
        }
        (Direction::Forward, EventFields::All) => (FORWARD, Columns::All(name)),
        (Direction::Backward, _) => (BACKWARD, Columns::All(name)),
    };
    // A first version beyond what SQL can hold is held at the highest, which no stream reaches.
    let (first, last) = (*read.versions.start(), *read.versions.end());
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query(params![
        name,
        columns::from_u64(first),
        columns::from_u64(last),
    ])?;
    page(rows, store, columns, read.limit)
}

/// None: something is damaged, and who reads the other columns as well can say what; or an event's id is needed.
fn folded(
    connection: &Connection,
    store: Uuid,
    stream: &StreamId,
    read: &ReadStream,
) -> Result<Option<EventPage>, Trouble> {
    let (first, last) = (*read.versions.start(), *read.versions.end());
    let mut standing = connection.prepare_cached(STANDING)?;
    let mut standing = standing.query(params![stream.as_str(), columns::from_u64(first)])?;
    // While this statement stands at its row, the others see the file as it was when it began.
    if standing.next()?.is_none() {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached(FOLDED)?;
    let mut rows = statement.query(params![
        stream.as_str(),
        columns::from_u64(first),
        columns::from_u64(last),
    ])?;
    let (mut page, mut has_more) = (FoldedPage::new(store, stream, read.limit), false);
    while let Some(row) = rows.next()? {
        if page.len() >= read.limit.max(1) || page.byte_len() >= MAX_PAGE_BYTES {
            has_more = true;
            break;
        }
        let Some(row) = folded_row(row)? else {
            return Ok(None);
        };
        if page.push(&row).is_none() {
            return Ok(None);
        }
    }
    let Some(version) = page.version() else {
        return Ok(Some(EventPage::new()));
    };
    let mut statement = connection.prepare_cached(IDENTITY)?;
    let mut rows = statement.query(params![stream.as_str(), columns::from_version(version)])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let (id, recorded_at) = (columns::uuid(row, 0)?, columns::time(row, 1)?);
    Ok((id.zip(recorded_at)).map(|(id, recorded_at)| page.finish(id, recorded_at, has_more)))
}

fn folded_row<'r>(row: &'r Row<'_>) -> Sql<Option<FoldedRow<'r>>> {
    let version = columns::version(row, 0)?;
    let name = columns::any_text(row, 1)?;
    let event_version = columns::integer(row, 2)?.and_then(|version| u32::try_from(version).ok());
    let codec = columns::any_text(row, 3)?;
    let payload = columns::bytes(row, 4)?;
    let (Some(version), Some(name), Some(event_version), Some(codec), Some(payload)) =
        (version, name, event_version, codec, payload)
    else {
        return Ok(None);
    };
    Ok(Some(FoldedRow {
        version,
        name,
        event_version,
        codec,
        payload,
    }))
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
        return page(
            statement.query([after])?,
            store,
            Columns::AllAndStream,
            read.limit,
        );
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
        Columns::AllAndStream,
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

/// What rows have of an event.
#[derive(Clone, Copy)]
enum Columns<'a> {
    /// What they are read as and known by, of events of this stream.
    Identified(&'a str),
    /// All, of events of this stream.
    All(&'a str),
    /// All, and the stream.
    AllAndStream,
}

impl<'a> Columns<'a> {
    fn stream(self, row: &'a Row<'_>) -> Sql<Option<&'a str>> {
        match self {
            Self::Identified(stream) | Self::All(stream) => Ok(Some(stream)),
            Self::AllAndStream => columns::text(row, 10),
        }
    }
}

/// The events of these rows.
fn page(
    mut rows: Rows<'_>,
    store: Uuid,
    columns: Columns<'_>,
    limit: usize,
) -> Result<EventPage, Trouble> {
    let mut page = EventPage::new();
    while let Some(row) = rows.next()? {
        if !page.is_empty() && (page.len() >= limit || page.byte_len() >= MAX_PAGE_BYTES) {
            page.set_has_more(true);
            break;
        }
        match event(row, store, columns)? {
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
            Err(column) => return Err(damaged(row, columns, column)?.into()),
        }
    }
    Ok(page)
}

/// The row's event, or the name of the column that is damaged.
fn event<'r>(
    row: &'r Row<'_>,
    store: Uuid,
    columns: Columns<'r>,
) -> Sql<Result<RecordedEvent<'r>, &'static str>> {
    macro_rules! column {
        ($read:path, $index:literal, $name:literal) => {
            match $read(row, $index)? {
                Some(value) => value,
                None => return Ok(Err($name)),
            }
        };
    }
    let has_all = !matches!(columns, Columns::Identified(_));
    let position = if has_all {
        column!(columns::integer, 7, "position")
    } else {
        0
    };
    let Ok(position) = u64::try_from(position) else {
        return Ok(Err("position"));
    };
    Ok(Ok(RecordedEvent {
        position: Position::new(store, 0, position),
        stream: match columns.stream(row)? {
            Some(stream) => stream,
            None => return Ok(Err("stream")),
        },
        version: column!(columns::version, 0, "version"),
        id: column!(columns::uuid, 5, "id"),
        name: column!(columns::text, 1, "name"),
        event_version: {
            let version = column!(columns::integer, 2, "event_version");
            let Ok(version) = u32::try_from(version) else {
                return Ok(Err("event_version"));
            };
            version
        },
        codec: column!(columns::text, 3, "codec"),
        commit_id: if has_all {
            column!(columns::uuid, 8, "commit_id")
        } else {
            Uuid::nil()
        },
        recorded_at: column!(columns::time, 6, "recorded_at"),
        payload: column!(columns::bytes, 4, "payload"),
        metadata: if has_all {
            column!(columns::bytes, 9, "metadata")
        } else {
            &[]
        },
    }))
}

fn damaged(row: &Row<'_>, columns: Columns<'_>, column: &str) -> Sql<Error> {
    let place = match columns {
        Columns::Identified(_) => {
            let version = columns::integer(row, 0)?.unwrap_or_default();
            format!("of version {version}")
        }
        Columns::All(_) | Columns::AllAndStream => {
            let position = columns::integer(row, 7)?.unwrap_or_default();
            format!("at position {position}")
        }
    };
    let name = columns::text(row, 1)?.unwrap_or("?");
    let stream = columns.stream(row)?;
    let mut error = Error::new(ErrorKind::Corrupt).because(format!(
        "the event {name:?} {place} is damaged in the column `{column}`, stream {:?}",
        stream.unwrap_or("?")
    ));
    if let Some(stream) = stream.and_then(|stream| StreamId::parse(stream).ok()) {
        error = error.at(stream);
    }
    if let Some(version) = columns::version(row, 0)? {
        error = error.at_version(version);
    }
    Ok(error)
}
