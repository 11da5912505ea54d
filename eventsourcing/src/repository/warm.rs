//! Warming: snapshots taken ahead of the loads that will want them, one stream after the other.
//!
//! Each stream is looked at as a load does. It is replayed under a permit of `storm`, so that loads that replay go first
//! come, first served with it, and the snapshot is stored before the next stream is looked at.

use std::{
    collections::VecDeque,
    fmt,
    panic::AssertUnwindSafe,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{
    FutureExt as _, Stream, StreamExt as _,
    stream::{self, BoxStream},
};
use tokio::time::Instant;

use super::{
    Repository,
    begin::{Begin, Repairs},
    budget::{Budget, Trouble},
    load::located,
    snapshots::{LONGEST_IN_BACKGROUND, Placed, no_store, quarantined},
};
use crate::{
    Error, ErrorKind, Position, Result, StreamId, Version,
    aggregate::{Aggregate, AggregateId},
    store::{EventPage, ReadAll},
};

/// Whose snapshots to rebuild, and how fast: see [`Repository::warm`].
#[derive(Debug, Clone)]
#[must_use = "nothing is warmed until it is given to `Repository::warm` and polled"]
pub struct Warm<Id> {
    ids: Option<VecDeque<Id>>,
    after: Option<Position>,
    rate: Option<u32>,
    within: u64,
}

impl<Id> Warm<Id> {
    /// All aggregates of the type, in the order of their creation.
    pub fn all() -> Self {
        Self {
            ids: None,
            after: None,
            rate: None,
            within: 0,
        }
    }

    /// These, in this order.
    pub fn ids(ids: impl IntoIterator<Item = Id>) -> Self {
        Self {
            ids: Some(ids.into_iter().collect()),
            ..Self::all()
        }
    }

    /// Goes on behind where another one stopped: with `all`, after this [`Warmed::position`].
    pub fn from(mut self, position: Position) -> Self {
        self.after = Some(position);
        self
    }

    /// At most so many replays a second; what need not be replayed is passed as fast as it can be looked at. Default: one
    /// after the other, without a pause.
    pub fn rate(mut self, per_second: u32) -> Self {
        self.rate = Some(per_second);
        self
    }

    /// Leaves alone whose load replays at most so many events: for short streams, and snapshots that are new enough.
    /// Default: 0.
    pub fn within(mut self, events: u64) -> Self {
        self.within = events;
        self
    }
}

/// What became of one aggregate.
#[derive(Debug)]
#[non_exhaustive]
pub struct Warmed<Id> {
    /// Its id.
    pub id: Id,
    /// What was done.
    pub outcome: WarmOutcome,
    /// Where to go on, by [`Warm::from`]; none with [`Warm::ids`].
    pub position: Option<Position>,
}

/// What was done about one aggregate.
#[derive(Debug)]
#[non_exhaustive]
pub enum WarmOutcome {
    /// It was replayed, and there is a snapshot of this version now.
    Stored(Version),
    /// Its load would replay no more than was asked for: nothing was done.
    Fresh,
    /// It was never created.
    NotFound,
    /// It could not be replayed, or its snapshot could not be stored. The others go on.
    Failed(Error),
}

impl<A: Aggregate> Repository<A> {
    /// Takes snapshots ahead of time, so that the loads after a bump of `schema_version` need not replay. In every mode and
    /// with every policy, since it is asked for.
    ///
    /// - Lazy: it works while it is polled, at one aggregate at a time, and may be dropped at any time.
    /// - Whose newest snapshot is good and of the head is passed without a replay (see [`Warm::within`]).
    /// - To go on later, give the last [`Warmed::position`] to [`Warm::from`].
    /// - An `Err` is of the walk, not of an aggregate: a store that can't be read ends it, an id that can't be read is
    ///   passed. [`ErrorKind::InvalidConfiguration`] for a rate of 0, or `from` together with `ids`;
    ///   [`ErrorKind::Unsupported`] without a snapshot store.
    ///
    /// ```
    /// use eventsourcing::{prelude::*, repository::{Warm, WarmOutcome}};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Event, Clone, Debug, Serialize, Deserialize)]
    /// # struct Opened;
    /// # #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
    /// # #[aggregate(id = u64, create(Opened))]
    /// # struct Account;
    /// # impl AccountHandlers for Account { fn opened(_: &u64, _: Opened) -> Self { Account } }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> eventsourcing::Result<()> {
    /// let accounts = Repository::<Account>::builder(MemoryStore::new()).build()?;
    /// accounts.save(&mut accounts.create(1, Opened)).await?;
    /// let mut warming = accounts.warm(Warm::all().rate(200));
    /// while let Some(warmed) = warming.next().await {
    ///     let warmed = warmed?;
    ///     match warmed.outcome {
    ///         WarmOutcome::Failed(error) => eprintln!("{}: {error}", warmed.id),
    ///         outcome => println!("{}: {outcome:?}, go on at {:?}", warmed.id, warmed.position),
    ///     }
    /// }
    /// assert_eq!(accounts.snapshots(1).await?.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn warm(&self, warm: Warm<A::Id>) -> Warming<A> {
        let refused = self.refuses(&warm).map(|error| error.of_call("warm"));
        let is_all = warm.ids.is_none();
        let ids = warm.ids.unwrap_or_default().into_iter();
        let mut walk = Walk {
            queue: ids.map(|id| (Ok(id), None)).collect(),
            is_more: is_all,
            after: warm.after,
            pause: warm
                .rate
                .map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate.max(1)),
            within: warm.within,
            not_before: None,
            repository: self.clone(),
        };
        if let Some(error) = refused {
            walk.queue = VecDeque::from([(Err(error), None)]);
            walk.is_more = false;
        }
        Warming(stream::unfold(walk, Walk::next).boxed())
    }

    fn refuses(&self, warm: &Warm<A::Id>) -> Option<Error> {
        let wrong = |detail| Error::new(ErrorKind::InvalidConfiguration).because(detail);
        if warm.rate == Some(0) {
            return Some(wrong("rate(0) would never go on"));
        }
        if warm.ids.is_some() && warm.after.is_some() {
            return Some(wrong(
                "from(…) goes on with all(): give ids(…) those that are left",
            ));
        }
        self.inner.snapshots.is_none().then(no_store)
    }

    /// One aggregate; says whether it was replayed.
    async fn warm_one(&self, id: &A::Id, within: u64) -> Result<(WarmOutcome, bool)> {
        // The second time it doesn't begin at what was found to be wrong during the first.
        for _ in 0..2 {
            if let Some(warmed) = self.warm_through(id, within).await? {
                return Ok(warmed);
            }
        }
        Err(quarantined())
    }

    /// None: verification has found in the meantime that the snapshot was wrong that it went on from.
    async fn warm_through(&self, id: &A::Id, within: u64) -> Result<Option<(WarmOutcome, bool)>> {
        let stream = StreamId::of::<A>(id)?;
        let store = self.inner.snapshots.as_ref().ok_or_else(no_store)?;
        let patience = self.inner.deadline.max(LONGEST_IN_BACKGROUND);
        let mut repairs = Repairs::new(Budget::of(patience), Version::MAX);
        let begin = match self
            .begin(&stream, Version::MAX, &mut repairs, None)
            .await?
        {
            Begin::At(_, page) if is_short(&page, within.saturating_add(1)) => {
                return Ok(Some((WarmOutcome::Fresh, false)));
            }
            Begin::At(start, page) => Some((start, page)),
            Begin::NoStream => return Ok(Some((WarmOutcome::NotFound, false))),
            Begin::AtFirst => {
                let head = self.inner.events.head(&stream).await?;
                if head == Version::ZERO {
                    return Ok(Some((WarmOutcome::NotFound, false)));
                }
                if head.get() <= within {
                    return Ok(Some((WarmOutcome::Fresh, false)));
                }
                None
            }
        };
        let replayed = {
            let mut permit = self.inner.storm.permit(true).await;
            let (upto, wanted) = (Version::MAX, &repairs.replace);
            self.fold_from(&stream, id, upto, begin, wanted, permit.as_mut())
                .await?
        };
        let Some(head) = replayed.head() else {
            return Ok(Some((WarmOutcome::NotFound, true)));
        };
        // Bad ones that were removed on the way are replaced at their own versions, as by a load.
        for capture in replayed.captured.iter().chain([&head]) {
            let row = self.inner.row(&stream, capture)?;
            let budget = Budget::of(patience);
            let stored = self.inner.store_row(&**store, row, capture.descent);
            match budget.spend(stored).await.map_err(Trouble::into_error)? {
                Placed::New(row) => self.inner.retain(&**store, &row, budget).await,
                Placed::Existing(_) => {}
                Placed::Distrusted => return Ok(None),
            }
        }
        Ok(Some((WarmOutcome::Stored(head.version), true)))
    }
}

/// Whether this page is the rest of its stream and has no more rows than that.
fn is_short(page: &EventPage, rows: u64) -> bool {
    !page.has_more() && page.len() as u64 <= rows
}

struct Walk<A: Aggregate> {
    repository: Repository<A>,
    queue: VecDeque<(Result<A::Id>, Option<Position>)>,
    /// There may be more ids in the store, behind this position.
    is_more: bool,
    after: Option<Position>,
    pause: Duration,
    within: u64,
    not_before: Option<Instant>,
}

impl<A: Aggregate> Walk<A> {
    async fn next(mut self) -> Option<(Result<Warmed<A::Id>>, Self)> {
        while self.queue.is_empty() {
            if !std::mem::take(&mut self.is_more) {
                return None;
            }
            if let Err(error) = self.read_ids().await {
                return Some((Err(error.of_call("warm")), self));
            }
        }
        let (id, position) = self.queue.pop_front()?;
        let id = match id {
            Ok(id) => id,
            Err(error) => return Some((Err(error), self)),
        };
        if let Some(not_before) = self.not_before {
            tokio::time::sleep_until(not_before).await;
        }
        let began = Instant::now();
        // A handler that panics over one history must not end the walk.
        let warmed = AssertUnwindSafe(self.repository.warm_one(&id, self.within));
        let panicked = |_| Err(Error::new(ErrorKind::Poisoned).because("its replay panicked"));
        let warmed = warmed.catch_unwind().await.unwrap_or_else(panicked);
        let (outcome, replayed) = warmed.unwrap_or_else(|error| {
            let error = located::<A>(error, "warm", &id);
            (WarmOutcome::Failed(error), true)
        });
        self.not_before = began
            .checked_add(self.pause)
            .filter(|_| replayed && !self.pause.is_zero());
        tracing::debug!(id = %id.to_text(), ?outcome, "warmed");
        let warmed = Warmed {
            id,
            outcome,
            position,
        };
        Some((Ok(warmed), self))
    }

    /// The next page of ids; those that can't be read are errors of their own.
    async fn read_ids(&mut self) -> Result<()> {
        let read = ReadAll {
            after: self.after,
            category: Some(A::NAME.to_owned()),
            first_only: true,
            ..ReadAll::default()
        };
        let page = self.repository.inner.events.read_all(read).await?;
        for row in page.iter() {
            let id = StreamId::parse(row.stream).and_then(|stream| {
                A::Id::from_text(stream.id()).map_err(|source| {
                    Error::new(ErrorKind::InvalidName)
                        .at(stream.clone())
                        .caused_by(source)
                })
            });
            let id = id.map_err(|error| error.of_call("warm"));
            self.queue.push_back((id, Some(row.position)));
        }
        self.is_more = page.has_more();
        self.after = page.last().map(|last| last.position).or(self.after);
        Ok(())
    }
}

/// The work of [`Repository::warm`], done while it is polled; a `Stream`.
#[must_use = "nothing is warmed until it is polled"]
pub struct Warming<A: Aggregate>(BoxStream<'static, Result<Warmed<A::Id>>>);

/// What a [`Warming`] has done.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct WarmReport {
    /// Snapshots that are there now.
    pub stored: u64,
    /// Aggregates that needed none.
    pub fresh: u64,
    /// What could not be done.
    pub failed: Vec<Error>,
    /// The last position: what is created behind it was not looked at.
    pub position: Option<Position>,
}

impl<A: Aggregate> Warming<A> {
    /// The next aggregate, once it is done; none at the end.
    pub async fn next(&mut self) -> Option<Result<Warmed<A::Id>>> {
        self.0.next().await
    }

    /// Works to the end.
    pub async fn finish(mut self) -> WarmReport {
        let mut report = WarmReport::default();
        while let Some(warmed) = self.next().await {
            let warmed = match warmed {
                Ok(warmed) => warmed,
                Err(error) => {
                    report.failed.push(error);
                    continue;
                }
            };
            report.position = warmed.position.or(report.position);
            match warmed.outcome {
                WarmOutcome::Stored(_) => report.stored += 1,
                WarmOutcome::Fresh => report.fresh += 1,
                WarmOutcome::NotFound => {}
                WarmOutcome::Failed(error) => report.failed.push(error),
            }
        }
        report
    }
}

impl<A: Aggregate> Stream for Warming<A> {
    type Item = Result<Warmed<A::Id>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl<A: Aggregate> fmt::Debug for Warming<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warming").finish_non_exhaustive()
    }
}
