//! One call of the function `append_1`: commits to arrays, rows to answers. The function decides and stores; what to do when
//! it fails is decided in [`queue`](super::queue).

use serde::de::IgnoredAny;
use tokio_postgres::{Client, Row, types::Type};
use uuid::Uuid;

use super::{
    columns::{self, Raw, Time},
    database::Parameter,
};
use crate::{
    Error, ErrorKind, Position, Result, Version,
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
    names: Vec<&'a str>,
    event_versions: Vec<i64>,
    codecs: Vec<&'a str>,
    payloads: Vec<Option<Raw<'a>>>,
    binaries: Vec<Option<Raw<'a>>>,
    metadata: Vec<Raw<'a>>,
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
        self.part_commits.push(number(self.commit_ids.len()));
        self.streams.push(part.stream.as_str());
        self.expected.push(columns::from_version(part.expected));
        self.after.push(part.after);
        self.lasts.push(columns::from_version(last));
        for event in &part.events {
            let json = is_json(event);
            self.event_parts.push(number(self.streams.len()));
            self.ids.push(event.id);
            self.names.push(&event.name);
            self.event_versions.push(i64::from(event.event_version));
            self.codecs.push(&event.codec);
            self.payloads.push(json.then_some(Raw(&event.payload)));
            self.binaries.push((!json).then_some(Raw(&event.payload)));
            self.metadata.push(Raw(&event.metadata));
        }
    }

    fn parameters(&self) -> [Parameter<'_>; 17] {
        [
            (&self.commit_ids, Type::UUID_ARRAY),
            (&self.part_commits, Type::INT4_ARRAY),
            (&self.streams, Type::TEXT_ARRAY),
            (&self.expected, Type::INT8_ARRAY),
            (&self.after, Type::UUID_ARRAY),
            (&self.lasts, Type::INT8_ARRAY),
            (&self.event_parts, Type::INT4_ARRAY),
            (&self.ids, Type::UUID_ARRAY),
            (&self.names, Type::TEXT_ARRAY),
            (&self.event_versions, Type::INT8_ARRAY),
            (&self.codecs, Type::TEXT_ARRAY),
            (&self.payloads, Type::TEXT_ARRAY),
            (&self.binaries, Type::BYTEA_ARRAY),
            (&self.metadata, Type::TEXT_ARRAY),
            (&self.at, Type::TIMESTAMPTZ),
            (&self.lock_wait, Type::INT4),
            (&self.store, Type::UUID),
        ]
    }

    /// In one round trip.
    pub(super) async fn run(
        &self,
        client: &Client,
        sql: &str,
    ) -> Result<Vec<Answer>, tokio_postgres::Error> {
        let rows = client.query_typed(sql, &self.parameters()).await?;
        let mut answers = rows
            .iter()
            .map(Answer::new)
            .collect::<Result<Vec<_>, _>>()?;
        answers.sort_by_key(|answer| answer.part);
        Ok(answers)
    }
}

/// The statement that calls the function.
pub(super) fn statement(schema: &str) -> String {
    format!(
        "SELECT part, outcome, differs, actual, recorded, positions
        FROM {schema}.append_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
    )
}

fn number(count: usize) -> i32 {
    // A call has fewer than 2^31 parts and events: it would not fit into memory.
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// What the function says of one part.
#[derive(Debug)]
pub(super) struct Answer {
    part: i64,
    outcome: i32,
    differs: bool,
    actual: i64,
    recorded: Time,
    positions: Vec<i64>,
}

impl Answer {
    fn new(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            part: row.try_get(0)?,
            outcome: row.try_get(1)?,
            differs: row.try_get(2)?,
            actual: row.try_get(3)?,
            recorded: row.try_get(4)?,
            positions: row.try_get(5)?,
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
        && parts().all(|(part, answer)| answer.positions.len() == part.events.len());
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
        recorded_at: answer.recorded.timestamp(),
    };
    Ok(Appended {
        repeated: answers.iter().any(|answer| answer.outcome == 1),
        streams: answers.iter().map(stream).collect(),
    })
}
