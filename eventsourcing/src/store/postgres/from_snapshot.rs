//! A snapshot and the events from it on, in one statement.

use tokio_postgres::{Row, types::Type};

use super::{
    columns,
    connection::{Sink, Sql},
    errors::Failure,
    read::{self, Columns, PageSink},
    shared::Shared,
    snapshots::{self, KeyColumns},
};
use crate::{
    Version,
    snapshot::{Newest, SnapshotKey, SnapshotRow},
    store::FromSnapshot,
};

/// The statement. Its rows are those of events, with the snapshot's columns behind; the state is in the first one alone.
/// Without an event there is one row. The planner has one way to do it, by both indexes, and it keeps the order of events;
/// that the first one is the snapshot's own is checked.
pub(super) fn statement(schema: &str) -> String {
    let events = read::COLUMNS;
    let (row, of_key) = (snapshots::ROW, snapshots::OF_KEY);
    format!(
        "SELECT {events}, s.version, s.last_event, s.created_at, s.checksum,
            CASE WHEN e.version IS NULL OR e.version = s.version THEN s.state END
        FROM (
            SELECT {row} FROM {schema}.snapshots WHERE {of_key} AND version <= $5 ORDER BY version DESC LIMIT 1
        ) s
        LEFT JOIN LATERAL (
            SELECT e.* FROM {schema}.events e
            WHERE e.stream = $1 AND e.version BETWEEN s.version AND $5 ORDER BY e.version LIMIT $6
        ) e ON true"
    )
}

pub(super) async fn read(
    shared: &Shared,
    key: &SnapshotKey,
    at_most: Version,
    limit: usize,
) -> Result<FromSnapshot, Failure> {
    let columns = KeyColumns::new(key);
    let (last, rows) = (columns::from_version(at_most), read::one_more(limit));
    let parameters = columns.and([(&last as _, Type::INT8), (&rows as _, Type::INT8)]);
    let sink = || FoundSink {
        key,
        row: None,
        events: PageSink::new(shared, Columns::All, limit),
        is_whole: true,
    };
    let sql = Sql::Kept(&shared.sql.from_snapshot);
    let found = shared.database.hand_over(sql, &parameters, sink).await?;
    let Some(row) = found.row else {
        return Ok(FromSnapshot {
            newest: Newest::Absent(snapshots::other_keys(shared, key, at_most).await?),
            events: None,
        });
    };
    if !found.is_whole {
        // Without its own event the snapshot's state was not among the rows.
        return Ok(FromSnapshot {
            newest: snapshots::newest(shared, key, at_most).await?,
            events: None,
        });
    }
    Ok(FromSnapshot {
        newest: Newest::Found(row),
        events: found.events.finish(shared).ok(),
    })
}

struct FoundSink<'a> {
    key: &'a SnapshotKey,
    row: Option<SnapshotRow>,
    events: PageSink<'a>,
    /// Whether the events begin with the snapshot's own, or there are none.
    is_whole: bool,
}

impl Sink for FoundSink<'_> {
    fn take(&mut self, row: &Row) -> Result<bool, tokio_postgres::Error> {
        let version: Option<i64> = row.try_get(0)?;
        if self.row.is_none() {
            let snapshot = snapshots::row(row, read::COLUMN_COUNT, self.key);
            let first = version.map(columns::version);
            self.is_whole = first.is_none_or(|first| first == Some(snapshot.version));
            self.row = Some(snapshot);
        }
        if version.is_none() || !self.is_whole {
            return Ok(false);
        }
        self.events.take(row)
    }
}
