//! What the checks of events write and read with: commits, and a handle that says more in fewer words.

use std::{collections::HashSet, ops::RangeInclusive, sync::Arc};

use bytes::Bytes;
use uuid::Uuid;

use super::report::{Checked, Failure};
use crate::{
    Error, ErrorKind, EventStore, Position, Result, StreamId, Timestamp, Version,
    store::{
        Appended, AppendedStream, Commit, Direction, EventPage, NewEvent, ReadAll, ReadStream,
        RecordedEvent, StreamCommit,
    },
};

/// An event as it was read, on its own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) position: Position,
    pub(crate) stream: String,
    pub(crate) version: u64,
    pub(crate) commit_id: Uuid,
    pub(crate) recorded_at: Timestamp,
    pub(crate) event: NewEvent,
}

impl From<RecordedEvent<'_>> for Seen {
    fn from(event: RecordedEvent<'_>) -> Self {
        Self {
            position: event.position,
            stream: event.stream.to_owned(),
            version: event.version.get(),
            commit_id: event.commit_id,
            recorded_at: event.recorded_at,
            event: NewEvent {
                id: event.id,
                name: event.name.to_owned().into(),
                event_version: event.event_version,
                codec: event.codec.to_owned().into(),
                payload: Bytes::copy_from_slice(event.payload),
                metadata: Bytes::copy_from_slice(event.metadata),
            },
        }
    }
}

pub(crate) fn versions(seen: &[Seen]) -> Vec<u64> {
    seen.iter().map(|event| event.version).collect()
}

pub(crate) fn ids(seen: &[Seen]) -> Vec<Uuid> {
    seen.iter().map(|event| event.event.id).collect()
}

pub(crate) fn named(category: &str, id: &str) -> Result<StreamId, Failure> {
    Ok(StreamId::new(category, id)?)
}

pub(crate) fn stream(id: &str) -> Result<StreamId, Failure> {
    named("order", id)
}

pub(crate) fn event(payload: impl Into<Bytes>) -> NewEvent {
    NewEvent {
        id: Uuid::now_v7(),
        name: "ItemAdded".into(),
        event_version: 1,
        codec: "json".into(),
        payload: payload.into(),
        metadata: Bytes::new(),
    }
}

pub(crate) fn events(count: usize) -> Vec<NewEvent> {
    (0..count)
        .map(|n| event(format!("{{\"n\":{n}}}")))
        .collect()
}

/// Bytes without a pattern that a store could rely on.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let block = (0..65_521_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]);
    let mut noise = block.collect::<Vec<_>>().repeat(len / 65_521 + 1);
    noise.truncate(len);
    noise
}

pub(crate) fn part(id: &str, expected: u64, count: usize) -> Result<StreamCommit, Failure> {
    Ok(StreamCommit {
        stream: stream(id)?,
        expected: Version::from(expected),
        after: None,
        events: events(count),
    })
}

pub(crate) fn commit_of(streams: Vec<StreamCommit>) -> Commit {
    Commit {
        id: Uuid::now_v7(),
        streams,
    }
}

pub(crate) fn commit(id: &str, expected: u64, count: usize) -> Result<Commit, Failure> {
    Ok(commit_of(vec![part(id, expected, count)?]))
}

pub(crate) fn range(versions: RangeInclusive<u64>, limit: usize) -> ReadStream {
    ReadStream {
        versions,
        limit,
        ..ReadStream::from(Version::ZERO)
    }
}

pub(crate) fn backwards(versions: RangeInclusive<u64>, limit: usize) -> ReadStream {
    ReadStream {
        versions,
        limit,
        ..ReadStream::last()
    }
}

/// A handle on an event store.
#[derive(Debug, Clone)]
pub(crate) struct Events(Arc<dyn EventStore>);

impl Events {
    pub(crate) fn new(store: Arc<dyn EventStore>) -> Self {
        Self(store)
    }

    pub(crate) fn store(&self) -> &Arc<dyn EventStore> {
        &self.0
    }

    pub(crate) async fn append(&self, commit: &Commit) -> Result<Appended> {
        self.0.append(commit.clone()).await
    }

    /// Appends `count` events to a stream of the category `order`.
    pub(crate) async fn put(
        &self,
        id: &str,
        expected: u64,
        count: usize,
    ) -> Result<Appended, Failure> {
        Ok(self.append(&commit(id, expected, count)?).await?)
    }

    /// Appends so many events to a new stream, in commits of at most `most`. Answers their ids.
    pub(crate) async fn fill(
        &self,
        stream: &StreamId,
        count: usize,
        most: usize,
    ) -> Result<Vec<Uuid>, Failure> {
        let mut stored = Vec::new();
        while stored.len() < count {
            let part = StreamCommit {
                stream: stream.clone(),
                expected: Version::from(stored.len() as u64),
                after: None,
                events: events(most.min(count - stored.len())),
            };
            stored.extend(part.events.iter().map(|event| event.id));
            self.append(&commit_of(vec![part])).await?;
        }
        Ok(stored)
    }

    /// Appends one event to a stream of any category.
    pub(crate) async fn put_in(
        &self,
        stream: StreamId,
        expected: u64,
    ) -> Result<Appended, Failure> {
        let part = StreamCommit {
            stream,
            expected: Version::from(expected),
            after: None,
            events: events(1),
        };
        Ok(self.append(&commit_of(vec![part])).await?)
    }

    /// Appends this event to a stream of its own, and reads it back.
    pub(crate) async fn echo(&self, id: &str, event: &NewEvent) -> Result<NewEvent, Failure> {
        let mut one = commit(id, 0, 0)?;
        one.streams[0].events.push(event.clone());
        self.append(&one).await?;
        let seen = self.read(id).await?.pop();
        let seen = seen.ok_or_else(|| Failure("the event is not in its stream".to_owned()))?;
        Ok(seen.event)
    }

    pub(crate) async fn head(&self, id: &str) -> Result<u64, Failure> {
        Ok(self.0.head(&stream(id)?).await?.get())
    }

    pub(crate) async fn page(&self, id: &str, read: ReadStream) -> Result<EventPage, Failure> {
        Ok(self.0.read_stream(&stream(id)?, read).await?)
    }

    /// One page: its versions, and whether the range goes on.
    pub(crate) async fn seen(
        &self,
        id: &str,
        read: ReadStream,
    ) -> Result<(Vec<u64>, bool), Failure> {
        let page = self.page(id, read).await?;
        let versions = page.iter().map(|event| event.version.get()).collect();
        Ok((versions, page.has_more()))
    }

    /// All events of a stream, page by page.
    pub(crate) async fn read(&self, id: &str) -> Result<Vec<Seen>, Failure> {
        self.pages(id, range(1..=Version::MAX.get(), 512)).await
    }

    /// Follows the pages of a range to its end.
    pub(crate) async fn pages(&self, id: &str, mut read: ReadStream) -> Result<Vec<Seen>, Failure> {
        let mut seen: Vec<Seen> = Vec::new();
        loop {
            let page = self.page(id, read.clone()).await?;
            seen.extend(page.iter().map(Seen::from));
            let last = page.last().map(|event| event.version.get());
            let (Some(last), true) = (last, page.has_more()) else {
                self.is_the_end(id, &read, last).await?;
                return Ok(seen);
            };
            if !read.versions.contains(&last) {
                return Err(Failure(format!(
                    "the page of the versions {:?} holds version {last}",
                    read.versions
                )));
            }
            let (from, to) = (*read.versions.start(), *read.versions.end());
            read.versions = match read.direction {
                Direction::Forward => last.saturating_add(1)..=to,
                Direction::Backward => from..=last.saturating_sub(1),
            };
        }
    }

    /// A page said that there is no more behind this version.
    async fn is_the_end(&self, id: &str, read: &ReadStream, last: Option<u64>) -> Checked {
        let (Some(last), Direction::Forward) = (last, read.direction) else {
            return Ok(());
        };
        let behind = range(last.saturating_add(1)..=*read.versions.end(), 1);
        let next = self.page(id, behind).await?;
        if let Some(next) = next.first() {
            // Once more: it may have come meanwhile.
            let again = self.page(id, read.clone()).await?;
            let same = again.last().is_some_and(|event| event.version == last);
            if same && !again.has_more() {
                return Err(Failure(format!(
                    "the page of the versions {:?} (limit {}) ends at version {last} and says that there is no more \
                     (`has_more`), but version {} is there",
                    read.versions, read.limit, next.version
                )));
            }
        }
        Ok(())
    }

    pub(crate) async fn page_of_all(&self, read: &ReadAll) -> Result<EventPage, Failure> {
        Ok(self.0.read_all(read.clone()).await?)
    }

    /// Follows the positions to the end.
    pub(crate) async fn follow(&self, mut read: ReadAll) -> Result<Vec<Seen>, Failure> {
        let (mut seen, mut places) = (Vec::new(), HashSet::new());
        loop {
            let page = self.page_of_all(&read).await?;
            seen.extend(page.iter().map(Seen::from));
            let last = page.last().map(|event| event.position);
            if !page.has_more() {
                self.is_the_end_of_all(&read, last).await?;
                return Ok(seen);
            }
            if last.is_none() || !places.insert(last) {
                let text = "a page of read_all leads no further, and says that there is more";
                return Err(Failure(text.to_owned()));
            }
            read.after = last;
        }
    }

    /// A page of all said that there is no more behind this position.
    async fn is_the_end_of_all(&self, read: &ReadAll, last: Option<Position>) -> Checked {
        let behind = ReadAll {
            after: last,
            limit: 1,
            ..read.clone()
        };
        if last.is_none() || self.page_of_all(&behind).await?.is_empty() {
            return Ok(());
        }
        // Once more: it may have come meanwhile.
        let again = self.page_of_all(read).await?;
        let same = again.last().map(|event| event.position) == last;
        if same && !again.has_more() {
            return Err(Failure(format!(
                "the page of {} events by {read:?} says that there is no more (`has_more`), but behind its last position \
                 there is",
                again.len()
            )));
        }
        Ok(())
    }

    /// Everything in the store.
    pub(crate) async fn all(&self) -> Result<Vec<Seen>, Failure> {
        self.follow(ReadAll::default()).await
    }
}

/// The kind of the error that a call must give.
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T>, what: &str) -> Result<Error, Failure> {
    match result {
        Err(error) => Ok(error),
        Ok(answer) => {
            let answer = super::report::short(&answer);
            Err(Failure(format!(
                "{what} was not refused but answered: {answer}"
            )))
        }
    }
}

/// A call must be refused with an error of this kind.
pub(crate) fn refused_as<T: std::fmt::Debug>(
    result: Result<T>,
    kind: &ErrorKind,
    what: &str,
) -> Result<Error, Failure> {
    let error = refused(result, what)?;
    if error.kind() == kind {
        return Ok(error);
    }
    Err(Failure(format!(
        "{what} was refused, not as {kind:?} but with: {error}"
    )))
}

/// The first of these, or a failure that says what is missing.
pub(crate) fn first<'a, T>(items: &'a [T], what: &str) -> Result<&'a T, Failure> {
    items
        .first()
        .ok_or_else(|| Failure(format!("{what}: there is none")))
}

/// The answer for a commit's first stream.
pub(crate) fn entry(appended: &Appended) -> Result<&AppendedStream, Failure> {
    first(
        &appended.streams,
        "the answer's entry for the commit's first stream",
    )
}

/// The conflict that a call must give: expected and actual version.
pub(crate) fn conflict<T: std::fmt::Debug>(
    result: Result<T>,
    what: &str,
) -> Result<(Error, u64, u64), Failure> {
    let error = refused(result, what)?;
    match *error.kind() {
        ErrorKind::Conflict { expected, actual } => Ok((error, expected.get(), actual.get())),
        _ => Err(Failure(format!(
            "{what} was refused, not with a conflict but with: {error}"
        ))),
    }
}

/// The panic of a task goes on in the check.
pub(crate) async fn joined<T>(task: tokio::task::JoinHandle<T>) -> Result<T, Failure> {
    match task.await {
        Ok(value) => Ok(value),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(Failure(error.to_string())),
        },
    }
}
