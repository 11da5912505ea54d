//! Copying one store into another, event by event and byte for byte: from SQLite to PostgreSQL, for example.
//!
//! Ids, versions, payloads, metadata, recorded times, commit ids and the order of all events stay as they are, so that
//! snapshots fit, a repeated save is still recognised, and `load_as_of` answers the same. Positions are new: they belong to
//! their store.
//!
//! [`StoreCopy`] copies and compares, [`digest()`] counts and sums up one store alone. Behind them, `run` takes events together
//! that one append can store, `reader` pages through a store, `snapshots` are copied last.

mod digest;
mod reader;
mod run;
mod snapshots;

use std::{fmt, sync::Arc};

pub use self::digest::{Digest, digest};
use self::{digest::Summing, reader::Reader, run::Run};
use crate::{
    Error, ErrorKind, ManualClock, Position, Result, StreamId,
    store::{Appended, EventStore, GlobalOrder, RecordedEvent},
};

/// So many events between two calls of who watches.
const STEP: u64 = 512;

/// A copy of one store into another.
///
/// The target is opened with a [`ManualClock`] that the copy sets, since it stamps events by its clock and they keep their
/// times. Nobody else may write to it meanwhile.
///
/// - Events are appended in the order of all events, each commit as it was. If events of several commits lie between each
///   other (PostgreSQL), each commit is stored in pieces, so that the order is kept.
/// - A copy that was interrupted goes on when it is run again; what the target has already is compared with the source first.
/// - While the source is written to, run it once, then stop writers and run it again: the second run has little to do.
/// - At the end both stores are read once more and compared, event by event.
/// - Snapshots are copied too, where both stores keep some; damaged ones are not.
///
/// ```
/// use std::sync::Arc;
///
/// use eventsourcing::{ManualClock, MemoryStore, copy::StoreCopy};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> eventsourcing::Result<()> {
/// let source = MemoryStore::new(); // SqliteStore::open("orders.db").await?
/// let clock = Arc::new(ManualClock::default());
/// let target = MemoryStore::with_clock(clock.clone()); // PostgresOptions::default().clock(clock.clone())
///
/// let copied = StoreCopy::new(&source, &target, clock)
///     .run(|progress| eprintln!("{progress}"))
///     .await?;
/// assert_eq!(copied.digest.events, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct StoreCopy<'a> {
    source: &'a dyn EventStore,
    target: &'a dyn EventStore,
    clock: Arc<ManualClock>,
    snapshots: bool,
}

/// How far a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// What it is at.
    pub phase: Phase,
    /// How many events, or snapshots, this phase has dealt with.
    pub done: u64,
}

/// What a copy is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Events that the target has from an earlier run are compared.
    Resuming,
    /// Events are appended.
    Copying,
    /// Both stores are read and compared.
    Verifying,
    /// Snapshots are copied.
    Snapshots,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = self.done;
        match self.phase {
            Phase::Resuming => write!(f, "{done} events were there"),
            Phase::Copying => write!(f, "{done} events copied"),
            Phase::Verifying => write!(f, "{done} events compared"),
            Phase::Snapshots => write!(f, "{done} snapshots copied"),
        }
    }
}

/// What was copied and verified.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Copied {
    /// Counts and checksum of all events of the target, which are the same in the source.
    pub digest: Digest,
    /// How many of them this run appended.
    pub appended: u64,
    /// How many snapshots this run stored.
    pub snapshots: u64,
    /// The positions of the last event, in the source and in the target: a reader that had come to the one goes on from the
    /// other. None if there are no events.
    pub last: Option<(Position, Position)>,
}

impl<'a> StoreCopy<'a> {
    /// Of `source` into `target`, which was opened with this clock.
    pub fn new(
        source: &'a dyn EventStore,
        target: &'a dyn EventStore,
        clock: Arc<ManualClock>,
    ) -> Self {
        Self {
            source,
            target,
            clock,
            snapshots: true,
        }
    }

    /// Whether snapshots are copied; they are by default. Without them the first loads replay.
    pub fn snapshots(mut self, snapshots: bool) -> Self {
        self.snapshots = snapshots;
        self
    }

    /// Copies and verifies; `watch` is called again and again on the way.
    ///
    /// Errors: [`ErrorKind::InvalidConfiguration`] if the target has other events than the source or doesn't go by the clock;
    /// [`ErrorKind::Storage`] if what was stored doesn't come back as it was; [`ErrorKind::Unsupported`] for stores without
    /// one total order; those of the stores. What was appended by then stays, and another run goes on from there.
    pub async fn run(self, mut watch: impl FnMut(Progress) + Send) -> Result<Copied> {
        let done = self.copied(&mut watch).await;
        done.map_err(|error| error.during("copy"))
    }

    async fn copied(&self, watch: &mut (dyn FnMut(Progress) + Send)) -> Result<Copied> {
        for store in [self.source, self.target] {
            if store.capabilities().order != GlobalOrder::Total {
                let what = "a store without one order of all events can't be copied in order";
                return Err(Error::new(ErrorKind::Unsupported).because(what));
            }
        }
        let (before, after) = self.compare(Phase::Resuming, watch).await?;
        let last = after.map(|(source, _)| source);
        let (appended, last) = self.append_behind(last, watch).await?;
        let (digest, after) = self.compare(Phase::Verifying, watch).await?;
        if digest.events != before.events + appended || after.map(|(source, _)| source) != last {
            let what = format!(
                "the target has {} events, {} were copied",
                digest.events,
                before.events + appended
            );
            return Err(Error::new(ErrorKind::Storage).because(what));
        }
        let snapshots = if self.snapshots {
            snapshots::copy(self.source, self.target, last, watch).await?
        } else {
            0
        };
        Ok(Copied {
            digest,
            appended,
            snapshots,
            last: after,
        })
    }

    /// Compares all events of the target with as many of the source. Answers their sum, and the places behind them.
    async fn compare(
        &self,
        phase: Phase,
        watch: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(Digest, Option<(Position, Position)>)> {
        let mut source = Reader::new(self.source, None);
        let mut target = Reader::new(self.target, None);
        let mut sum = Summing::default();
        while let Some(stored) = target.event().await? {
            let Some(wanted) = source.event().await? else {
                return Err(differs(phase, &stored, "is not in the source"));
            };
            if let Some(column) = difference(&wanted, &stored) {
                let what = format!("differs from the source in its {column}");
                return Err(differs(phase, &stored, &what));
            }
            sum.add(&stored);
            source.advance();
            target.advance();
            if sum.events() % STEP == 0 {
                let done = sum.events();
                watch(Progress { phase, done });
            }
        }
        let digest = sum.digest();
        let done = digest.events;
        watch(Progress { phase, done });
        Ok((digest, source.last().zip(target.last())))
    }

    /// Appends what the source has behind this place. Answers how many events, and the place behind them.
    async fn append_behind(
        &self,
        after: Option<Position>,
        watch: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(u64, Option<Position>)> {
        let capabilities = self.target.capabilities();
        let mut source = Reader::new(self.source, after);
        let (mut done, mut said) = (0, 0);
        let phase = Phase::Copying;
        loop {
            let Some(first) = source.event().await? else {
                watch(Progress { phase, done });
                return Ok((done, source.last()));
            };
            let mut run = Run::new(&first)?;
            source.advance();
            while let Some(next) = source.event().await? {
                if !run.takes(&next, &capabilities) {
                    break;
                }
                run.push(&next)?;
                source.advance();
            }
            done += run.len();
            self.append(run).await?;
            if done - said >= STEP {
                said = done;
                watch(Progress { phase, done });
            }
        }
    }

    async fn append(&self, run: Run) -> Result<()> {
        self.clock.set(run.time());
        let times = run.times();
        let Appended { streams, .. } = self.target.append(run.into_commit()).await?;
        if streams.iter().map(|part| part.recorded_at).eq(times) {
            return Ok(());
        }
        let what = "the target doesn't go by the clock that the copy sets: open it with that clock";
        Err(Error::new(ErrorKind::InvalidConfiguration).because(what))
    }
}

/// The first column that isn't the same.
fn difference(a: &RecordedEvent<'_>, b: &RecordedEvent<'_>) -> Option<&'static str> {
    [
        ("stream", a.stream == b.stream),
        ("version", a.version == b.version),
        ("id", a.id == b.id),
        ("name", a.name == b.name),
        ("event version", a.event_version == b.event_version),
        ("codec", a.codec == b.codec),
        ("commit id", a.commit_id == b.commit_id),
        ("recorded time", a.recorded_at == b.recorded_at),
        ("payload", a.payload == b.payload),
        ("metadata", a.metadata == b.metadata),
    ]
    .into_iter()
    .find_map(|(column, same)| (!same).then_some(column))
}

fn differs(phase: Phase, event: &RecordedEvent<'_>, what: &str) -> Error {
    let kind = match phase {
        Phase::Resuming => ErrorKind::InvalidConfiguration,
        _ => ErrorKind::Storage,
    };
    let place = event.position;
    let error = Error::new(kind).at_version(event.version);
    let error = error.because(format!("the event at {place} of the target {what}"));
    match StreamId::parse(event.stream) {
        Ok(stream) => error.at(stream),
        Err(_) => error,
    }
}
