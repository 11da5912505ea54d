//! Where streams end, remembered from one transaction to the next as long as nobody else writes to the file.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use super::{
    columns,
    errors::{Failure, Trouble},
};
use crate::{ErrorKind, StreamId, Timestamp, Version, store::StreamCommit};

const HEAD: &str =
    "SELECT version, recorded_at, id FROM events WHERE stream = ?1 ORDER BY version DESC LIMIT 1";

/// How many streams are remembered after a transaction; with more, all are forgotten.
const MAX_STREAMS: usize = 4_096;

/// Where a stream ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) version: Version,
    pub(super) recorded_at: Option<Timestamp>,
    /// The id of its last event.
    pub(super) last: Option<Uuid>,
}

/// Of the streams that were looked at: where they end.
#[derive(Debug, Default)]
pub(super) struct Heads {
    /// What [`data_version`](super::schema::data_version) was.
    seen: Option<i64>,
    streams: HashMap<StreamId, Head>,
}

impl Heads {
    /// None is known yet, at this [`data_version`](super::schema::data_version).
    pub(super) fn unknown(seen: i64) -> Self {
        Self {
            seen: Some(seen),
            streams: HashMap::new(),
        }
    }

    /// Whether nobody but this connection has written since.
    pub(super) fn are_true(&self, now: i64) -> bool {
        self.seen == Some(now)
    }

    /// Where a stream ends: remembered or looked up.
    pub(super) fn of(
        &mut self,
        stream: &StreamId,
        connection: &Connection,
        database: &str,
    ) -> Result<Head, Trouble> {
        if let Some(head) = self.streams.get(stream) {
            return Ok(*head);
        }
        let head = look_up(stream, connection, database)?;
        self.streams.insert(stream.clone(), head);
        Ok(head)
    }

    /// What was just appended is where the stream ends now.
    pub(super) fn appended(&mut self, part: &StreamCommit, recorded_at: Timestamp) {
        if let (Some(version), Some(last)) = (part.last_version(), part.events.last()) {
            let head = Head {
                version,
                recorded_at: Some(recorded_at),
                last: Some(last.id),
            };
            self.streams.insert(part.stream.clone(), head);
        }
    }

    /// Something that it knows of was undone.
    pub(super) fn forget(&mut self) {
        self.streams.clear();
    }

    /// What is worth keeping now that all of it is committed.
    pub(super) fn committed(mut self) -> Self {
        if self.streams.len() > MAX_STREAMS {
            self.streams = HashMap::new();
        }
        self
    }
}

fn look_up(stream: &StreamId, connection: &Connection, database: &str) -> Result<Head, Trouble> {
    let mut statement = connection.prepare_cached(HEAD)?;
    let found = statement
        .query_row([stream.as_str()], |row| {
            let last = row.get_ref(2)?.as_blob().ok();
            let last = last.and_then(|id| Uuid::from_slice(id).ok());
            Ok((columns::version(row, 0)?, columns::time(row, 1)?, last))
        })
        .optional()?;
    match found {
        None => Ok(Head {
            version: Version::ZERO,
            recorded_at: None,
            last: None,
        }),
        Some((Some(version), Some(recorded_at), last)) => Ok(Head {
            version,
            recorded_at: Some(recorded_at),
            last,
        }),
        Some((version, ..)) => {
            let what = "the version or recorded_at of the stream's last row is damaged";
            let failure = Failure::other(ErrorKind::Corrupt, database, what);
            let error = failure.to_error().at(stream.clone());
            Err(match version {
                Some(version) => error.at_version(version).into(),
                None => error.into(),
            })
        }
    }
}
