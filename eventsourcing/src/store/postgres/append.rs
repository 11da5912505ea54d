//! One call of the function `append_1`: commits to arrays, rows to answers. The function decides and stores; what to do when
//! it fails is decided in [`queue`](super::queue).
//!
//! A single event, the most common append, is stored by a statement that has the same in it, and calls the function only
//! where the event can't be stored: to say why.

use serde::de::IgnoredAny;
use tokio_postgres::{Client, Row, types::Type};
use uuid::Uuid;

use super::{
    columns::{self, Raw, Time},
    connection::{Begun, Parameter, Sql},
};
use crate::{
    Error, ErrorKind, Position, Result, Timestamp, Version,
    store::{Appended, AppendedStream, Commit, NewEvent, StreamCommit},
};

/// The codec whose payloads are stored as `json`, so that SQL can look into them.
const TEXT_CODEC: &str = "json";

/// As deep as the codec `json` reads.
const MAX_DEPTH: usize = 128;

/// PostgreSQL ends the connection over a message of 1 GiB, which looks as if it were lost; some is left for the rest of it.
const MAX_BYTES: usize = (1 << 30) - (1 << 20);

/// What is wrong with a commit whatever is stored.
pub(super) fn check(commit: &Commit) -> Result<()> {
    commit.check()?;
    let bytes = weight(commit);
    if bytes > MAX_BYTES {
        let detail = format!(
            "the commit has {bytes} bytes, of which PostgreSQL takes {MAX_BYTES} in one statement"
        );
        return Err(Error::new(ErrorKind::TooLarge).because(detail));
    }
    for part in &commit.streams {
        part.events
            .iter()
            .try_for_each(|event| check_texts(part, event))?;
    }
    Ok(())
}

/// PostgreSQL's texts are UTF-8 without NUL.
fn check_texts(part: &StreamCommit, event: &NewEvent) -> Result<()> {
    let texts = [
        ("name", event.name.as_bytes()),
        ("codec", event.codec.as_bytes()),
        ("metadata", &*event.metadata),
    ];
    let unfit = |text: &[u8]| text.contains(&0) || std::str::from_utf8(text).is_err();
    let Some((what, _)) = texts.into_iter().find(|(_, text)| unfit(text)) else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Unfaithful)
        .at(part.stream.clone())
        .because(format!(
            "the {what} of the event {:?} is no text that PostgreSQL can hold: it has a NUL, or is not UTF-8",
            event.name
        )))
}

/// How many bytes it has in a message, no fewer.
pub(super) fn weight(commit: &Commit) -> usize {
    // Numbers, ids, and the lengths before each value.
    const FIXED: usize = 80;
    let of_event = |event: &NewEvent| {
        let names = event.name.len() + event.codec.len();
        FIXED + names + event.payload.len() + event.metadata.len()
    };
    let of_part = |part: &StreamCommit| {
        let events: usize = part.events.iter().map(of_event).sum();
        FIXED + part.stream.as_str().len() + events
    };
    commit.streams.iter().map(of_part).sum()
}

/// Whether the column `json` takes it. What it refuses is kept as bytes: invalid JSON, and what nests too deep.
fn is_json(event: &NewEvent) -> bool {
    event.codec == TEXT_CODEC
        && std::str::from_utf8(&event.payload).is_ok()
        && is_flat(&event.payload)
        && serde_json::from_slice::<IgnoredAny>(&event.payload).is_ok()
}

/// PostgreSQL's stack has room for some thousand levels of JSON; what is skipped is not counted by `serde_json`.
fn is_flat(json: &[u8]) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    json.iter().all(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth <= MAX_DEPTH
    })
}

/// The parameters of one call.
#[derive(Debug, Default)]
pub(super) struct Call<'a> {
    commit_ids: Vec<Uuid>,
    part_commits: Vec<i32>,
    streams: Vec<&'a str>,
    expected: Vec<i64>,
    after: Vec<Option<Uuid>>,
    lasts: Vec<i64>,
    event_parts: Vec<i32>,
    ids: Vec<Uuid>,
    versions: Vec<i64>,
    names: Vec<&'a str>,
    event_versions: Vec<i64>,
    codecs: Vec<&'a str>,
    payloads: Vec<Option<Raw<'a>>>,
    binaries: Vec<Option<Raw<'a>>>,
    metadata: Vec<Raw<'a>>,
    /// Whether the parts are in the order of their streams.
    ascending: bool,
    at: Option<Time>,
    lock_wait: Option<i32>,
    store: Uuid,
}

impl<'a> Call<'a> {
    /// Of these commits, which have no stream in common. `at` is the time if it isn't the server's, `lock_wait` how many
    /// milliseconds to wait for an open transaction that has a version of one of the streams.
    pub(super) fn new(
        commits: impl Iterator<Item = &'a Commit>,
        at: Option<Time>,
        lock_wait: Option<i32>,
        store: Uuid,
    ) -> Self {
        let mut call = Self {
            at,
            lock_wait,
            store,
            ascending: true,
            ..Self::default()
        };
        for commit in commits {
            call.commit_ids.push(commit.id);
            commit.streams.iter().for_each(|part| call.part(part));
        }
        call
    }

    fn part(&mut self, part: &'a StreamCommit) {
        let last = part.last_version().unwrap_or(Version::MAX);
        let stream = part.stream.as_str();
        let expected = columns::from_version(part.expected);
        self.ascending &= self.streams.last().is_none_or(|last| *last < stream);
        self.part_commits.push(number(self.commit_ids.len()));
        self.streams.push(stream);
        self.expected.push(expected);
        self.after.push(part.after);
        self.lasts.push(columns::from_version(last));
        for (count, event) in (1..).zip(&part.events) {
            let json = is_json(event);
            self.event_parts.push(number(self.streams.len()));
            self.ids.push(event.id);
            // Beyond what there can be, no stream has the version before it: that is a conflict.
            self.versions.push(expected.saturating_add(count));
            self.names.push(&event.name);
            self.event_versions.push(i64::from(event.event_version));
            self.codecs.push(&event.codec);
            self.payloads.push(json.then_some(Raw(&event.payload)));
            self.binaries.push((!json).then_some(Raw(&event.payload)));
            self.metadata.push(Raw(&event.metadata));
        }
    }

    fn parameters(&self) -> [Parameter<'_>; 19] {
        [
            (&self.commit_ids, Type::UUID_ARRAY),
            (&self.part_commits, Type::INT4_ARRAY),
            (&self.streams, Type::TEXT_ARRAY),
            (&self.expected, Type::INT8_ARRAY),
            (&self.after, Type::UUID_ARRAY),
            (&self.lasts, Type::INT8_ARRAY),
            (&self.event_parts, Type::INT4_ARRAY),
            (&self.ids, Type::UUID_ARRAY),
            (&self.versions, Type::INT8_ARRAY),
            (&self.names, Type::TEXT_ARRAY),
            (&self.event_versions, Type::INT8_ARRAY),
            (&self.codecs, Type::TEXT_ARRAY),
            (&self.payloads, Type::TEXT_ARRAY),
            (&self.binaries, Type::BYTEA_ARRAY),
            (&self.metadata, Type::TEXT_ARRAY),
            (&self.ascending, Type::BOOL),
            (&self.at, Type::TIMESTAMPTZ),
            (&self.lock_wait, Type::INT4),
            (&self.store, Type::UUID),
        ]
    }

    /// Of a single event; none if there are more.
    fn parameters_of_one(&self) -> Option<[Parameter<'_>; 14]> {
        let ([commit], [stream], [id]) = (&*self.commit_ids, &*self.streams, &*self.ids) else {
            return None;
        };
        Some([
            (commit, Type::UUID),
            (stream, Type::TEXT),
            (self.expected.first()?, Type::INT8),
            (self.after.first()?, Type::UUID),
            (id, Type::UUID),
            (self.names.first()?, Type::TEXT),
            (self.event_versions.first()?, Type::INT8),
            (self.codecs.first()?, Type::TEXT),
            (self.payloads.first()?, Type::TEXT),
            (self.binaries.first()?, Type::BYTEA),
            (self.metadata.first()?, Type::TEXT),
            (&self.at, Type::TIMESTAMPTZ),
            (&self.lock_wait, Type::INT4),
            (&self.store, Type::UUID),
        ])
    }

    /// In one round trip, on a connection of the store's.
    pub(super) async fn run(
        &self,
        connection: Begun<'_>,
        statements: &Statements,
    ) -> Result<Vec<Answer>, tokio_postgres::Error> {
        // Parsed for each append it would cost more than the function.
        let one = self
            .parameters_of_one()
            .filter(|_| connection.keeps_statements());
        if let Some(one) = one {
            let rows = connection.query(Sql::Kept(&statements.one), &one).await?;
            return rows.iter().map(Answer::of_one).collect();
        }
        let all = self.parameters();
        self.answers(&connection.query(Sql::Kept(&statements.any), &all).await?)
    }

    /// The same on a connection of somebody else's.
    pub(super) async fn run_in(
        &self,
        client: &Client,
        statements: &Statements,
    ) -> Result<Vec<Answer>, tokio_postgres::Error> {
        let all = self.parameters();
        self.answers(&client.query_typed(&statements.any, &all).await?)
    }

    fn answers(&self, rows: &[Row]) -> Result<Vec<Answer>, tokio_postgres::Error> {
        let rows = rows.iter().map(Answer::new);
        let mut answers = rows.collect::<Result<Vec<_>, _>>()?;
        if let [all] = &*answers
            && all.part == 0
        {
            return Ok(self.each(all));
        }
        answers.sort_by_key(|answer| answer.part);
        Ok(answers)
    }

    /// The parts of an answer that is one for all.
    fn each(&self, all: &Answer) -> Vec<Answer> {
        let mut positions = self.event_parts.iter().zip(&all.positions).peekable();
        let parts = (1_i64..).zip(&all.recorded);
        let part = |(part, recorded): (i64, &Timestamp)| {
            let of_part = std::iter::from_fn(|| {
                let next = positions.next_if(|(of, _)| i64::from(**of) == part)?;
                Some(*next.1)
            });
            Answer {
                part,
                outcome: all.outcome,
                differs: all.differs,
                actual: all.actual,
                positions: of_part.collect(),
                recorded: vec![*recorded],
            }
        };
        parts.map(part).collect()
    }
}

/// The statements that append.
#[derive(Debug)]
pub(super) struct Statements {
    /// Whatever is appended.
    any: String,
    /// One event.
    one: String,
}

impl Statements {
    pub(super) fn new(schema: &str) -> Self {
        Self {
            any: format!(
                "SELECT part, outcome, differs, actual, recorded, positions
                FROM {schema}.append_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)"
            ),
            // What has to come first is part of the condition: it is decided before a position is drawn.
            one: format!(
                "WITH stored AS (
                    INSERT INTO {schema}.events (position, version, event_version, recorded_at, id, commit_id,
                                                 stream, name, codec, payload, payload_binary, metadata)
                    SELECT nextval('{schema}.events_position'), $3 + 1, $7,
                           greatest(coalesce($12, clock_timestamp()), head.recorded_at), $5, $1,
                           $2, $6, $8, $9::json, $10, $11
                    FROM (SELECT 1) once
                    LEFT JOIN (
                        SELECT e.version, e.id, e.recorded_at FROM {schema}.events e
                        WHERE e.stream = $2 AND e.version >= $3 ORDER BY e.version DESC LIMIT 1
                    ) head ON true
                    WHERE CASE WHEN coalesce(head.version, 0) = $3 AND coalesce(head.id = $4, true)
                        THEN {schema}.durable_1($13) >= 0 AND {schema}.fence_1($14) IS NOT NULL ELSE false END
                    RETURNING position, recorded_at
                )
                SELECT s.position, s.recorded_at, CASE WHEN s.position IS NULL THEN
                    {schema}.append_one_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) END
                FROM (SELECT 1) once LEFT JOIN stored s ON true"
            ),
        }
    }
}

fn number(count: usize) -> i32 {
    // A call has fewer than 2^31 parts and events: it would not fit into memory.
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// What the function says of one part.
#[derive(Debug)]
pub(super) struct Answer {
    /// From 1; 0 stands for all.
    part: i64,
    outcome: i32,
    differs: bool,
    actual: i64,
    recorded: Vec<Timestamp>,
    positions: Vec<i64>,
}

impl Answer {
    fn new(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            part: row.try_get(0)?,
            outcome: row.try_get(1)?,
            differs: row.try_get(2)?,
            actual: row.try_get(3)?,
            recorded: row
                .try_get::<_, Vec<Time>>(4)?
                .into_iter()
                .map(Time::timestamp)
                .collect(),
            positions: row.try_get(5)?,
        })
    }

    /// Of the statement for a single event.
    fn of_one(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let position: Option<i64> = row.try_get(0)?;
        let time: Option<Time> = row.try_get(1)?;
        let stored = position.zip(time).map(|(position, time)| Self {
            part: 1,
            outcome: 0,
            differs: false,
            actual: 0,
            recorded: vec![time.timestamp()],
            positions: vec![position],
        });
        if let Some(stored) = stored {
            return Ok(stored);
        }
        let why: Vec<i64> = row.try_get(2)?;
        let (numbers, positions) = why.split_at(why.len().min(4));
        let number = |place: usize| numbers.get(place).copied();
        Ok(Self {
            part: 1,
            outcome: number(0)
                .and_then(|outcome| i32::try_from(outcome).ok())
                .unwrap_or(i32::MAX),
            differs: number(1) == Some(1),
            actual: number(2).unwrap_or_default(),
            recorded: number(3)
                .map(Timestamp::from_unix_micros)
                .into_iter()
                .collect(),
            positions: positions.to_vec(),
        })
    }
}

/// Takes what belongs to this commit, the next one of the call, from the answers.
pub(super) fn appended(
    commit: &Commit,
    answers: &mut impl Iterator<Item = Answer>,
    store: Uuid,
) -> Result<Appended> {
    let answers: Vec<_> = answers.take(commit.streams.len()).collect();
    let parts = || commit.streams.iter().zip(&answers);
    if answers.iter().any(|answer| answer.outcome > 1) {
        let blamed = parts().find(|(_, answer)| answer.differs);
        if let Some((part, answer)) = blamed {
            let actual = columns::version(answer.actual).unwrap_or_default();
            return Err(Error::conflict(part.stream.clone(), part.expected, actual));
        }
    }
    let whole = answers.len() == commit.streams.len()
        && parts().all(|(part, answer)| {
            answer.positions.len() == part.events.len() && !answer.recorded.is_empty()
        });
    if !whole {
        let what = "the function append_1 gave an answer that makes no sense";
        return Err(Error::new(ErrorKind::OutcomeUnknown).because(what));
    }
    let stream = |answer: &Answer| AppendedStream {
        positions: answer
            .positions
            .iter()
            .map(|place| Position::new(store, 0, u64::try_from(*place).unwrap_or(0)))
            .collect(),
        recorded_at: answer.recorded.first().copied().unwrap_or_default(),
    };
    Ok(Appended {
        repeated: answers.iter().any(|answer| answer.outcome == 1),
        streams: answers.iter().map(stream).collect(),
    })
}
