//! `FaultyStore`: wraps any store and misbehaves, by script or at random by a seed.
//!
//! `plan` says what may go wrong; this file does it to events, `snapshots` to snapshots.

mod plan;
mod snapshots;

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

pub use self::plan::{Fault, FaultPlan, Injected, Operation};
use self::snapshots::FaultySnapshots;
use crate::{
    Error, ErrorKind, Result, StreamId, Version,
    snapshot::{SnapshotKey, SnapshotStore},
    store::{
        Appended, Capabilities, Commit, EventPage, EventStore, FromSnapshot, ReadAll, ReadStream,
    },
};

/// A store that misbehaves as told; where no fault is injected it does what the store within does.
///
/// Wraps the event store and the snapshot store that lives with it. Faults come from a [`FaultPlan`], or are told one by one:
///
/// ```
/// use eventsourcing::{prelude::*, testing::{Fault, FaultyStore, Operation}};
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
/// let store = FaultyStore::new(MemoryStore::new());
/// let accounts = Repository::<Account>::builder(store.clone()).build()?;
/// store.next(Operation::Append, Fault::LostAfter);
/// let mut account = accounts.create(1, Opened);
/// assert!(accounts.save(&mut account).await.unwrap_err().is_retryable());
/// // It was stored; saving again finds that out.
/// assert_eq!(accounts.save(&mut account).await?.version, 1);
/// assert_eq!(store.injected().len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FaultyStore {
    inner: Arc<dyn EventStore>,
    faults: Arc<Faults>,
}

impl FaultyStore {
    /// Around this store; behaves until told otherwise.
    pub fn new(store: impl EventStore) -> Self {
        Self {
            inner: Arc::new(store),
            faults: Arc::default(),
        }
    }

    /// Around this store, misbehaving by this plan.
    pub fn with_plan(store: impl EventStore, plan: FaultPlan) -> Self {
        let store = Self::new(store);
        store.set_plan(plan);
        store
    }

    /// Goes on by another plan. Calls are counted on.
    pub fn set_plan(&self, plan: FaultPlan) {
        let mut state = self.faults.state();
        state.lags |= plan.lags();
        state.plan = plan;
    }

    /// Behaves again: forgets the plan and everything that was told.
    pub fn heal(&self) {
        let mut state = self.faults.state();
        state.plan = FaultPlan::default();
        state.script.clear();
    }

    /// The next call of `operation` misbehaves so. Told several times, the calls after it do, one by one; the plan goes on
    /// when all of them are done.
    ///
    /// # Panics
    ///
    /// If the fault doesn't apply to the operation.
    #[track_caller]
    pub fn next(&self, operation: Operation, fault: Fault) {
        assert!(
            fault.applies_to(operation),
            "{operation:?} can't misbehave by {fault:?}"
        );
        let mut state = self.faults.state();
        state.lags |= matches!(fault, Fault::Stale(_));
        state.script.entry(operation).or_default().push_back(fault);
    }

    /// Whether each call hands the thread to others before and after it does its work, which gives futures two more
    /// places to be dropped at. Off at first.
    pub fn set_yielding(&self, yielding: bool) {
        self.faults.state().yielding = yielding;
    }

    /// What was injected so far, in order. Faults that found nothing to spoil (a stale read of an empty stream) aren't in it.
    pub fn injected(&self) -> Vec<Injected> {
        self.faults.state().injected.clone()
    }

    /// As [`injected`](Self::injected), since the last call of this.
    pub fn take_injected(&self) -> Vec<Injected> {
        std::mem::take(&mut self.faults.state().injected)
    }

    /// How often `operation` was called.
    pub fn calls(&self, operation: Operation) -> u64 {
        let state = self.faults.state();
        state.calls.get(&operation).copied().unwrap_or(0)
    }
}

impl fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyStore")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

/// Shared by the event store and its snapshot store.
#[derive(Debug, Default)]
struct Faults(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    plan: FaultPlan,
    script: HashMap<Operation, VecDeque<Fault>>,
    calls: HashMap<Operation, u64>,
    injected: Vec<Injected>,
    yielding: bool,
    /// Whether a read was ever told to lag. Capabilities are asked for at any time, so this never goes back.
    lags: bool,
}

impl State {
    /// Whether the next call of this operation is to misbehave.
    fn is_due(&self, operation: Operation) -> bool {
        let script = self.script.get(&operation);
        let call = self.calls.get(&operation).copied().unwrap_or(0) + 1;
        let mut numbers = self.plan.numbers(operation, call);
        script.is_some_and(|told| !told.is_empty())
            || self.plan.draw(operation, &mut numbers).is_some()
    }
}

/// One call under way.
struct Call<'a> {
    faults: &'a Faults,
    injected: Option<Injected>,
    numbers: fastrand::Rng,
    yielding: bool,
}

impl Faults {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, operation: Operation, stream: Option<&StreamId>) -> Call<'_> {
        let mut state = self.state();
        let calls = state.calls.entry(operation).or_default();
        *calls += 1;
        let call = *calls;
        let mut numbers = state.plan.numbers(operation, call);
        let planned = state.plan.draw(operation, &mut numbers);
        let scripted = state.script.get_mut(&operation);
        let told = scripted.and_then(VecDeque::pop_front);
        Call {
            faults: self,
            injected: told.or(planned).map(|fault| Injected {
                operation,
                call,
                fault,
                stream: stream.cloned(),
            }),
            numbers,
            yielding: state.yielding,
        }
    }

    /// What comes before the work of every operation.
    async fn begin(&self, operation: Operation, stream: Option<&StreamId>) -> Result<Call<'_>> {
        let mut call = self.enter(operation, stream);
        if call.yielding {
            tokio::task::yield_now().await;
        }
        match call.fault() {
            Some(Fault::Delay(longest)) => {
                call.done();
                tokio::time::sleep(longest.mul_f64(call.numbers.f64())).await;
            }
            Some(Fault::Hang) => {
                call.done();
                std::future::pending::<()>().await;
            }
            Some(Fault::Error) => {
                call.done();
                return Err(injected_error(ErrorKind::Unavailable));
            }
            Some(Fault::LostBefore) => {
                call.done();
                return Err(injected_error(lost(operation)));
            }
            _ => {}
        }
        Ok(call)
    }
}

impl Call<'_> {
    fn fault(&self) -> Option<Fault> {
        self.injected.as_ref().map(|injected| injected.fault)
    }

    /// The fault has taken place.
    fn done(&mut self) {
        if let Some(injected) = self.injected.take() {
            self.faults.state().injected.push(injected);
        }
    }

    /// What comes after the work of every operation, whether it succeeded or not.
    async fn end<T>(mut self, answer: Result<T>) -> Result<T> {
        if self.yielding {
            tokio::task::yield_now().await;
        }
        let answer = answer?;
        let operation = self.injected.as_ref().map(|injected| injected.operation);
        match (self.fault(), operation) {
            (Some(Fault::HangAfter), _) => {
                self.done();
                std::future::pending().await
            }
            (Some(Fault::LostAfter), Some(operation)) => {
                self.done();
                Err(injected_error(lost(operation)))
            }
            _ => Ok(answer),
        }
    }

    /// A number from 1 to `most`.
    fn up_to(&mut self, most: usize) -> usize {
        self.numbers.usize(1..=most.max(1))
    }

    /// The page without one of its rows, which isn't the last: a reader must notice.
    fn tear(&mut self, page: EventPage) -> EventPage {
        if page.len() < 2 {
            return page;
        }
        let missing = self.numbers.usize(..page.len() - 1);
        self.done();
        copied(&page, |index| index != missing, page.has_more())
    }
}

fn copied(page: &EventPage, keep: impl Fn(usize) -> bool, has_more: bool) -> EventPage {
    let mut copy = EventPage::new();
    let rows = page.iter().enumerate();
    rows.filter(|(index, _)| keep(*index))
        .for_each(|(_, row)| copy.push(&row));
    copy.set_has_more(has_more);
    copy
}

fn lost(operation: Operation) -> ErrorKind {
    match operation {
        Operation::Append => ErrorKind::OutcomeUnknown,
        _ => ErrorKind::Unavailable,
    }
}

fn injected_error(kind: ErrorKind) -> Error {
    Error::new(kind).because("injected by FaultyStore")
}

// A wrapper that forgot a method would silently lose what the inner store does there.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl EventStore for FaultyStore {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        let stream = commit.streams.first().map(|part| part.stream.clone());
        let call = self
            .faults
            .begin(Operation::Append, stream.as_ref())
            .await?;
        let appended = self.inner.append(commit).await;
        call.end(appended).await
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        let mut call = self
            .faults
            .begin(Operation::ReadStream, Some(stream))
            .await?;
        let mut read = read;
        match call.fault() {
            Some(Fault::Stale(events)) => {
                let head = self.inner.head(stream).await?.get();
                let seen = head.saturating_sub(events);
                if *read.versions.end() > seen && *read.versions.start() <= head {
                    call.done();
                    read = read.up_to(Version::new(seen));
                }
            }
            Some(Fault::ShortPage) => {
                call.done();
                read.limit = call.up_to(read.limit.min(4));
            }
            _ => {}
        }
        let page = self.inner.read_stream(stream, read).await;
        let page = match call.fault() {
            Some(Fault::Torn) => page.map(|page| call.tear(page)),
            _ => page,
        };
        call.end(page).await
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        let mut call = self.faults.begin(Operation::ReadAll, None).await?;
        let mut read = read;
        if call.fault() == Some(Fault::ShortPage) {
            call.done();
            read.limit = call.up_to(read.limit.min(4));
        }
        let page = self.inner.read_all(read).await;
        let page = match call.fault() {
            Some(Fault::Torn) => page.map(|page| call.tear(page)),
            // Only the last page shows the newest events.
            Some(Fault::Stale(events)) => page.map(|page| {
                if page.has_more() || page.is_empty() {
                    return page;
                }
                call.done();
                let hidden = usize::try_from(events).unwrap_or(usize::MAX);
                let seen = page.len().saturating_sub(hidden);
                copied(&page, |index| index < seen, false)
            }),
            _ => page,
        };
        call.end(page).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        let call = self.faults.begin(Operation::Head, Some(stream)).await?;
        let head = self.inner.head(stream).await;
        call.end(head).await
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        let inner = self.inner.snapshot_store()?;
        Some(Arc::new(FaultySnapshots {
            inner,
            faults: Arc::clone(&self.faults),
        }))
    }

    /// Counts as a call of `newest` and one of `read_stream`. Where either is to misbehave there is no answer: then they are
    /// asked for one by one, each with its own fault.
    async fn read_from_snapshot(
        &self,
        key: &SnapshotKey,
        at_most: Version,
        limit: usize,
    ) -> Result<Option<FromSnapshot>> {
        const HALVES: [Operation; 2] = [Operation::NewestSnapshot, Operation::ReadStream];
        let yielding = {
            let state = self.faults.state();
            if HALVES.iter().any(|half| state.is_due(*half)) {
                return Ok(None);
            }
            state.yielding
        };
        if yielding {
            tokio::task::yield_now().await;
        }
        let answer = self.inner.read_from_snapshot(key, at_most, limit).await?;
        if let Some(FromSnapshot { events, .. }) = &answer {
            let halves = if events.is_some() {
                &HALVES[..]
            } else {
                &HALVES[..1]
            };
            let mut state = self.faults.state();
            for half in halves {
                *state.calls.entry(*half).or_default() += 1;
            }
        }
        if yielding {
            tokio::task::yield_now().await;
        }
        Ok(answer)
    }

    /// Those of the store within; reads may lag if a fault ever made them.
    fn capabilities(&self) -> Capabilities {
        let mut capabilities = self.inner.capabilities();
        capabilities.reads_may_lag |= self.faults.state().lags;
        capabilities
    }
}
