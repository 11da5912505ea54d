//! The past: states as of a version or a time, the walk through a history, and which ids there are.

use std::{
    borrow::Borrow,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::{
    Stream, StreamExt as _,
    stream::{self, BoxStream},
};
use uuid::Uuid;

use super::{
    Repository,
    load::located,
    replay::{Replay, Replayed},
};
use crate::{
    Error, ErrorKind, Position, Result, StreamId, Timestamp, Version,
    aggregate::{Aggregate, AggregateId, Historical},
    event::Metadata,
    store::{ReadAll, ReadStream, RecordedEvent},
};

impl<A: Aggregate> Repository<A> {
    /// The aggregate as of this version; beyond the head, as it is now. [`ErrorKind::NotFound`] before its creation and
    /// from its discard on.
    pub async fn load_at(
        &self,
        id: impl Borrow<A::Id>,
        version: impl Into<Version>,
    ) -> Result<Historical<A>> {
        let (id, version) = (id.borrow(), version.into());
        let found = self.at(id, version).await;
        found
            .and_then(|found| found.ok_or_else(|| Error::new(ErrorKind::NotFound)))
            .map_err(|error| located::<A>(error, "load_at", id).at_version(version))
    }

    /// As [`load_at`](Self::load_at), with none in the place of not found.
    pub async fn find_at(
        &self,
        id: impl Borrow<A::Id>,
        version: impl Into<Version>,
    ) -> Result<Option<Historical<A>>> {
        let (id, version) = (id.borrow(), version.into());
        let found = self.at(id, version).await;
        found.map_err(|error| located::<A>(error, "find_at", id))
    }

    /// The aggregate as of this time: after the longest prefix of its events recorded at or before it.
    /// [`ErrorKind::NotFound`] before its creation and from its discard on.
    pub async fn load_as_of(
        &self,
        id: impl Borrow<A::Id>,
        time: impl Into<Timestamp>,
    ) -> Result<Historical<A>> {
        let id = id.borrow();
        let found = self.as_of(id, time.into()).await;
        found
            .and_then(|found| found.ok_or_else(|| Error::new(ErrorKind::NotFound)))
            .map_err(|error| located::<A>(error, "load_as_of", id))
    }

    /// As [`load_as_of`](Self::load_as_of), with none in the place of not found.
    pub async fn find_as_of(
        &self,
        id: impl Borrow<A::Id>,
        time: impl Into<Timestamp>,
    ) -> Result<Option<Historical<A>>> {
        let id = id.borrow();
        let found = self.as_of(id, time.into()).await;
        found.map_err(|error| located::<A>(error, "find_as_of", id))
    }

    /// Every stored row with the state after it, from the first on. Lazy: pages by version, and a slow reader holds
    /// nothing.
    pub fn history(&self, id: impl Borrow<A::Id>) -> History<A> {
        self.history_from(id, Version::ZERO)
    }

    /// As [`history`](Self::history), from the row of this version on: what it gives is what `history` gives there. Begins
    /// at the nearest snapshot below instead of the first event; beyond the head there is nothing.
    ///
    /// A row before this version that can't be read is no error where a snapshot spares reading it. If
    /// [verification](crate::RepositoryBuilder::verify_snapshots) finds that snapshot to be wrong meanwhile, the next page
    /// (64 rows) goes on from a replay; what was read before stays as it was given.
    pub fn history_from(&self, id: impl Borrow<A::Id>, version: impl Into<Version>) -> History<A> {
        let id = id.borrow().clone();
        let walk = Walk {
            repository: self.clone(),
            replayed: None,
            from: version.into(),
            buffer: Vec::new().into_iter(),
            done: false,
            id,
        };
        History(stream::unfold(walk, Walk::next).boxed())
    }

    /// The ids of all aggregates of this type that were ever created, those discarded included, in the order of their
    /// creation. Lazy: pages by position, and a slow reader holds nothing.
    pub fn ids(&self) -> Ids<A> {
        let pages = stream::unfold(Some(None), {
            let repository = self.clone();
            move |after| {
                let repository = repository.clone();
                async move { repository.ids_page(after?).await }
            }
        });
        Ids(pages.map(stream::iter).flatten().boxed())
    }

    async fn at(&self, id: &A::Id, version: Version) -> Result<Option<Historical<A>>> {
        let stream = StreamId::of::<A>(id)?;
        if version == Version::ZERO {
            return Ok(None);
        }
        let replayed = self.replay(&stream, id, version.min(Version::MAX)).await?;
        let (version, recorded_at) = (replayed.version, replayed.recorded_at);
        let folded = replayed.into_folded();
        Ok(folded.map(|folded| Historical::new(id.clone(), version, recorded_at, folded.state)))
    }

    async fn as_of(&self, id: &A::Id, time: Timestamp) -> Result<Option<Historical<A>>> {
        let stream = StreamId::of::<A>(id)?;
        let version = self.version_as_of(&stream, time).await?;
        self.at(id, version).await
    }

    /// Recorded times never decrease within a stream, so the last event at or before a time is found by halving: one row
    /// a step, and no snapshot's creation time plays a part.
    async fn version_as_of(&self, stream: &StreamId, time: Timestamp) -> Result<Version> {
        let head = self.inner.events.head(stream).await?;
        let (mut within, mut beyond) = (0, head.get() + 1);
        while beyond - within > 1 {
            let middle = within + (beyond - within) / 2;
            let read = ReadStream::from(Version::new(middle))
                .up_to(Version::new(middle))
                .limit(1);
            let page = self.inner.events.read_stream(stream, read).await?;
            // A row that isn't there (a read that lags, or a gap, which the replay names) is beyond any time.
            match page.first() {
                Some(row) if row.recorded_at <= time => within = middle,
                _ => beyond = middle,
            }
        }
        Ok(Version::new(within))
    }

    /// One page of ids up to the first that isn't one, and where the next one begins.
    async fn ids_page(
        &self,
        after: Option<Position>,
    ) -> Option<(Vec<Result<A::Id>>, Option<Option<Position>>)> {
        let read = ReadAll {
            after,
            category: Some(A::NAME.to_owned()),
            first_only: true,
            ..ReadAll::default()
        };
        let page = match self.inner.events.read_all(read).await {
            Ok(page) => page,
            Err(error) => return Some((vec![Err(error.of_call("ids"))], None)),
        };
        let mut ids = Vec::with_capacity(page.len());
        for row in page.iter() {
            let id = StreamId::parse(row.stream).and_then(|stream| {
                A::Id::from_text(stream.id()).map_err(|source| {
                    Error::new(ErrorKind::InvalidName)
                        .at(stream.clone())
                        .caused_by(source)
                })
            });
            let failed = id.is_err();
            ids.push(id.map_err(|error| error.of_call("ids")));
            if failed {
                return Some((ids, None));
            }
        }
        let next = page.last().filter(|_| page.has_more());
        Some((ids, next.map(|last| Some(last.position))))
    }
}

/// One stored row of a history and the state after it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HistoryEntry<A: Aggregate> {
    /// The version that the row brought the aggregate to.
    pub version: Version,
    /// What the row is read as: one event, unless its name is one of `legacy(…)` or `retired(…)`.
    pub events: Vec<A::Event>,
    /// The state after it; none before the creation and after the discard.
    pub state: Option<Arc<A>>,
    /// The row's id.
    pub id: Uuid,
    /// Its place in the global order.
    pub position: Position,
    /// When it was stored.
    pub recorded_at: Timestamp,
    /// What was stored beside it.
    pub metadata: Metadata,
}

struct Walk<A: Aggregate> {
    repository: Repository<A>,
    id: A::Id,
    /// What is before this version is not given.
    from: Version,
    replayed: Option<Replayed<A>>,
    buffer: std::vec::IntoIter<Result<HistoryEntry<A>>>,
    done: bool,
}

const HISTORY_PAGE: usize = 64;

impl<A: Aggregate> Walk<A> {
    async fn next(mut self) -> Option<(Result<HistoryEntry<A>>, Self)> {
        // Again where all of a page is before the wanted version: others were saving.
        while self.buffer.len() == 0 && !self.done {
            if let Err(error) = self.read().await {
                self.done = true;
                self.buffer = vec![Err(error)].into_iter();
            }
        }
        let entry = self.buffer.next()?;
        let entry = entry.map_err(|error| located::<A>(error, "history", &self.id));
        Some((entry, self))
    }

    async fn read(&mut self) -> Result<()> {
        let inner = &self.repository.inner;
        let stream = StreamId::of::<A>(&self.id)?;
        let before = Version::new(self.from.get().saturating_sub(1));
        let last = match self.replayed.take() {
            None if before > Version::ZERO => {
                let before = before.min(Version::MAX);
                Some(self.repository.replay(&stream, &self.id, before).await?)
            }
            // Its snapshot was found to be wrong between two pages. What was given already is not given again.
            Some(last) if inner.distrusts(&stream, last.loaded.descent) => {
                let given = last.version;
                self.from = self.from.max(given.next());
                Some(self.repository.replay(&stream, &self.id, given).await?)
            }
            last => last,
        };
        let from = last
            .as_ref()
            .map_or(Version::new(1), |end| end.version.next());
        let read = ReadStream::from(from).limit(HISTORY_PAGE);
        let page = inner.events.read_stream(&stream, read).await?;
        let mut replay = Replay::new(inner, &stream, &self.id, Vec::new());
        if let Some(last) = last {
            replay.resume(last);
        }
        let mut entries = Vec::with_capacity(page.len());
        self.done = !page.has_more() || page.is_empty();
        for row in page.iter() {
            let entry = entry(&mut replay, &row);
            self.done |= entry.is_err();
            let failed = entry.is_err();
            if failed || row.version >= self.from {
                entries.push(entry);
            }
            if failed {
                break;
            }
        }
        self.replayed = Some(replay.finish());
        self.buffer = entries.into_iter();
        Ok(())
    }
}

fn entry<A: Aggregate>(
    replay: &mut Replay<'_, A>,
    row: &RecordedEvent<'_>,
) -> Result<HistoryEntry<A>> {
    let events = replay.apply_keeping(row)?;
    let metadata = Metadata::from_stored(row.metadata).map_err(|source| {
        Error::new(ErrorKind::Corrupt)
            .at_version(row.version)
            .caused_by(source)
    })?;
    Ok(HistoryEntry {
        version: row.version,
        events,
        state: replay.state().cloned().map(Arc::new),
        id: row.id,
        position: row.position,
        recorded_at: row.recorded_at,
        metadata,
    })
}

macro_rules! lazy {
    ($(#[$doc:meta])* $name:ident, $item:ty) => {
        $(#[$doc])*
        #[must_use = "nothing is read until it is polled"]
        pub struct $name<A: Aggregate>(BoxStream<'static, Result<$item>>);

        impl<A: Aggregate> $name<A> {
            /// The next one; none at the end. After an error comes the end.
            pub async fn next(&mut self) -> Option<Result<$item>> {
                self.0.next().await
            }

            /// Reads to the end.
            pub async fn collect(mut self) -> Result<Vec<$item>> {
                let mut all = Vec::new();
                while let Some(each) = self.0.next().await {
                    all.push(each?);
                }
                Ok(all)
            }
        }

        impl<A: Aggregate> Stream for $name<A> {
            type Item = Result<$item>;

            fn poll_next(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<Option<Self::Item>> {
                self.0.poll_next_unpin(context)
            }
        }

        impl<A: Aggregate> fmt::Debug for $name<A> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

lazy!(
    /// A walk through the events of one aggregate and the states after them; a `Stream`.
    History,
    HistoryEntry<A>
);
lazy!(
    /// The ids of the aggregates of one type, in the order of their creation; a `Stream`.
    Ids,
    A::Id
);
