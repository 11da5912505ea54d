//! Reading events: one statement a page, rows copied straight from the driver's buffer into the page's.

use std::sync::Arc;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

use super::{
    columns::{self, Raw, Time},
    connection::{Parameter, Sink, Sql},
    errors::Failure,
    meanwhile::meanwhile,
    shared::Shared,
};
use crate::{
    ErrorKind, Position, StreamId, Version,
    store::{Direction, EventFields, EventPage, ReadAll, ReadStream, RecordedEvent},
};

/// A page ends after this many bytes of payload and metadata.
const MAX_PAGE_BYTES: usize = 1 << 20;

/// What a page of more events brings is taken from the driver by a task of its own.
const ALONE: usize = 128;

/// The columns of an event that it is read as and known by, of a table that is called `e`. Each of the others costs the server, the
/// driver and the wire a part of what a small payload does.
const IDENTIFIED: &str =
    "e.version, e.id, e.name, e.event_version, e.codec, e.recorded_at, e.payload, e.payload_binary";
/// Those, and the others.
pub(super) const COLUMNS: &str =
    "e.version, e.id, e.name, e.event_version, e.codec, e.recorded_at, e.payload, e.payload_binary,
    e.position, e.commit_id, e.metadata, e.stream";
pub(super) const COLUMN_COUNT: usize = 12;

/// The statements that read events.
#[derive(Debug)]
pub(super) struct Statements {
    forward: String,
    identified: String,
    backward: String,
    all: String,
    all_of_category: String,
    first: String,
    first_of_category: String,
    head: String,
}

impl Statements {
    pub(super) fn new(schema: &str) -> Self {
        let columns = |columns: &str, rest: &str| {
            format!("SELECT {columns} FROM {schema}.events e WHERE {rest}")
        };
        let select = |rest: &str| columns(COLUMNS, rest);
        let forward = "stream = $1 AND version BETWEEN $2 AND $3 ORDER BY version LIMIT $4";
        Self {
            forward: select(forward),
            identified: columns(IDENTIFIED, forward),
            backward: select(
                "stream = $1 AND version BETWEEN $2 AND $3 ORDER BY version DESC LIMIT $4",
            ),
            all: select("position > $1 AND position <= $2 ORDER BY position LIMIT $3"),
            all_of_category: select(
                "position > $1 AND position <= $2 AND stream >= $4 AND stream < $5 ORDER BY position LIMIT $3",
            ),
            first: select(
                "version = 1 AND position > $1 AND position <= $2 ORDER BY position LIMIT $3",
            ),
            first_of_category: select(
                "version = 1 AND position > $1 AND position <= $2 AND stream >= $4 AND stream < $5
                ORDER BY position LIMIT $3",
            ),
            head: format!(
                "SELECT version FROM {schema}.events WHERE stream = $1 ORDER BY version DESC LIMIT 1"
            ),
        }
    }
}

/// The streams of a category, as a range of texts; none if no stream can be of it.
pub(super) fn category_range(category: &str) -> Option<(String, String)> {
    let possible = !category.is_empty() && !category.contains([StreamId::SEPARATOR, '\0']);
    // `0` is the character after `/`.
    possible.then(|| {
        (
            format!("{category}{}", StreamId::SEPARATOR),
            format!("{category}0"),
        )
    })
}

pub(super) async fn stream(
    shared: &Shared,
    stream: &StreamId,
    read: &ReadStream,
) -> Result<EventPage, Failure> {
    let statements = &shared.sql.read;
    let (sql, columns) = match (read.direction, read.fields) {
        (Direction::Forward, EventFields::Identified | EventFields::Folded) => {
            (&statements.identified, Columns::Identified(stream.as_str()))
        }
        (Direction::Forward, EventFields::All) => (&statements.forward, Columns::All),
        (Direction::Backward, _) => (&statements.backward, Columns::All),
    };
    // A first version beyond what SQL can hold is held at the highest, which no stream reaches.
    let first = columns::from_u64(*read.versions.start());
    let last = columns::from_u64(*read.versions.end());
    let parameters: [Parameter<'_>; 4] = [
        (&stream.as_str(), Type::TEXT),
        (&first, Type::INT8),
        (&last, Type::INT8),
        (&one_more(read.limit), Type::INT8),
    ];
    page(shared, Sql::Kept(sql), &parameters, columns, read.limit).await
}

/// The same where the reader has other things to do meanwhile: a long page comes in while the one before it is folded. The driver
/// holds few rows; a reader who only looks in between holds up the server.
pub(super) async fn stream_meanwhile(
    shared: &Arc<Shared>,
    wanted: &StreamId,
    read: ReadStream,
) -> Result<EventPage, Failure> {
    // A runtime of a single thread does one thing at a time, and may not be driven when a task has to be ended.
    let is_single = Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread;
    if read.limit <= ALONE || is_single {
        return stream(shared, wanted, &read).await;
    }
    let (shared, wanted) = (Arc::clone(shared), wanted.clone());
    let page = meanwhile(async move { stream(&shared, &wanted, &read).await }).await;
    page.unwrap_or_else(|| {
        let what = "the runtime that read it has ended";
        Err(Failure::unsent(ErrorKind::Unavailable, what))
    })
}

/// The events after a position, up to one.
pub(super) async fn all(
    shared: &Shared,
    read: &ReadAll,
    after: i64,
    up_to: i64,
) -> Result<EventPage, Failure> {
    let statements = &shared.sql.read;
    let limit = one_more(read.limit);
    let places: [Parameter<'_>; 3] = [
        (&after, Type::INT8),
        (&up_to, Type::INT8),
        (&limit, Type::INT8),
    ];
    let Some(category) = &read.category else {
        let sql = if read.first_only {
            Sql::Once(&statements.first)
        } else {
            Sql::Kept(&statements.all)
        };
        return page(shared, sql, &places, Columns::All, read.limit).await;
    };
    let Some((from, to)) = category_range(category) else {
        return Ok(EventPage::new());
    };
    // How many streams a category has decides which way is best.
    let sql = Sql::Once(if read.first_only {
        &statements.first_of_category
    } else {
        &statements.all_of_category
    });
    let [one, two, three] = places;
    let parameters = [one, two, three, (&from, Type::TEXT), (&to, Type::TEXT)];
    page(shared, sql, &parameters, Columns::All, read.limit).await
}

/// The version of the stream's last event.
pub(super) async fn head(shared: &Shared, stream: &StreamId) -> Result<Version, Failure> {
    let parameters: [Parameter<'_>; 1] = [(&stream.as_str(), Type::TEXT)];
    let rows = shared
        .database
        .rows(Sql::Kept(&shared.sql.read.head), &parameters)
        .await?;
    let Some(row) = rows.first() else {
        return Ok(Version::ZERO);
    };
    let name = &*shared.database.name;
    let version = row.try_get(0);
    let version = version.map_err(|error| Failure::of_statement(name, error))?;
    columns::version(version).ok_or_else(|| {
        Failure::corrupt(name, &format!("the head of {stream} is version {version}"))
    })
}

pub(super) fn one_more(limit: usize) -> i64 {
    i64::try_from(limit.max(1).saturating_add(1)).unwrap_or(i64::MAX)
}

async fn page(
    shared: &Shared,
    sql: Sql<'_>,
    parameters: &[Parameter<'_>],
    columns: Columns<'_>,
    limit: usize,
) -> Result<EventPage, Failure> {
    let sink = || PageSink::new(shared, columns, limit);
    let filled = shared.database.hand_over(sql, parameters, sink).await?;
    filled.finish(shared)
}

/// What rows have of an event.
#[derive(Debug, Clone, Copy)]
pub(super) enum Columns<'a> {
    /// All of [`COLUMNS`].
    All,
    /// [`IDENTIFIED`], of events of this stream.
    Identified(&'a str),
}

/// Fills a page.
pub(super) struct PageSink<'a> {
    page: EventPage,
    columns: Columns<'a>,
    limit: usize,
    store: Uuid,
    damaged: Option<String>,
}

impl<'a> PageSink<'a> {
    pub(super) fn new(shared: &Shared, columns: Columns<'a>, limit: usize) -> Self {
        Self {
            page: EventPage::new(),
            columns,
            limit: limit.max(1),
            store: shared.store,
            damaged: None,
        }
    }

    pub(super) fn finish(self, shared: &Shared) -> Result<EventPage, Failure> {
        match self.damaged {
            Some(what) => Err(Failure::corrupt(&shared.database.name, &what)),
            None => Ok(self.page),
        }
    }
}

impl Sink for PageSink<'_> {
    fn take(&mut self, row: &Row) -> Result<bool, tokio_postgres::Error> {
        if self.page.len() >= self.limit || self.page.byte_len() >= MAX_PAGE_BYTES {
            self.page.set_has_more(true);
            return Ok(false);
        }
        match event(row, self.columns, self.store)? {
            Ok(event) => self.page.push(&event),
            Err(what) => self.damaged = Some(what),
        }
        Ok(self.damaged.is_none())
    }
}

/// The row's event, or what is damaged.
fn event<'a>(
    row: &'a Row,
    columns: Columns<'a>,
    store: Uuid,
) -> Result<Result<RecordedEvent<'a>, String>, tokio_postgres::Error> {
    let (position, commit_id, metadata, stream): (i64, Uuid, Raw<'_>, &str) = match columns {
        Columns::All => (
            row.try_get(8)?,
            row.try_get(9)?,
            row.try_get(10)?,
            row.try_get(11)?,
        ),
        Columns::Identified(stream) => (0, Uuid::nil(), Raw(&[]), stream),
    };
    let text: Option<Raw<'_>> = row.try_get(6)?;
    let binary: Option<Raw<'_>> = row.try_get(7)?;
    let time: Time = row.try_get(5)?;
    let (stored_version, event_version): (i64, i64) = (row.try_get(0)?, row.try_get(3)?);
    let (Ok(offset), Some(version), Ok(event_version), Some(payload)) = (
        u64::try_from(position),
        columns::version(stored_version),
        u32::try_from(event_version),
        text.or(binary),
    ) else {
        return Ok(Err(match columns {
            Columns::All => {
                format!("the event at position {position} is damaged, stream {stream:?}")
            }
            Columns::Identified(_) => {
                format!("the event of version {stored_version} is damaged, stream {stream:?}")
            }
        }));
    };
    Ok(Ok(RecordedEvent {
        position: Position::new(store, 0, offset),
        stream,
        version,
        id: row.try_get(1)?,
        name: row.try_get(2)?,
        event_version,
        codec: row.try_get(4)?,
        commit_id,
        recorded_at: time.timestamp(),
        payload: payload.0,
        metadata: metadata.0,
    }))
}
