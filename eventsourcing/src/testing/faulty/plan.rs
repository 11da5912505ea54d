//! What may go wrong, where, and how often: faults, operations, and the plan that draws them by a seed.

use std::time::Duration;

use crate::StreamId;

/// A method of [`EventStore`](crate::EventStore) or [`SnapshotStore`](crate::snapshot::SnapshotStore).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `EventStore::append`.
    Append,
    /// `EventStore::read_stream`.
    ReadStream,
    /// `EventStore::read_all`.
    ReadAll,
    /// `EventStore::head`.
    Head,
    /// `SnapshotStore::save`.
    SaveSnapshot,
    /// `SnapshotStore::newest`.
    NewestSnapshot,
    /// `SnapshotStore::list`.
    ListSnapshots,
    /// `SnapshotStore::delete`.
    DeleteSnapshot,
    /// `SnapshotStore::prune`.
    PruneSnapshots,
    /// `SnapshotStore::delete_category`.
    DeleteCategory,
}

impl Operation {
    /// All operations.
    pub const ALL: [Self; 10] = [
        Self::Append,
        Self::ReadStream,
        Self::ReadAll,
        Self::Head,
        Self::SaveSnapshot,
        Self::NewestSnapshot,
        Self::ListSnapshots,
        Self::DeleteSnapshot,
        Self::PruneSnapshots,
        Self::DeleteCategory,
    ];

    /// Whether it is a method of the snapshot store.
    pub const fn is_of_snapshots(self) -> bool {
        !matches!(
            self,
            Self::Append | Self::ReadStream | Self::ReadAll | Self::Head
        )
    }

    const fn writes(self) -> bool {
        matches!(
            self,
            Self::Append
                | Self::SaveSnapshot
                | Self::DeleteSnapshot
                | Self::PruneSnapshots
                | Self::DeleteCategory
        )
    }
}

/// One way to misbehave. Each operation but for its fault keeps the contract of its trait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Does nothing and answers [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable). Any operation.
    Error,
    /// Waits first: a random part of this time. Any operation.
    Delay(Duration),
    /// Does nothing and never answers. Any operation.
    Hang,
    /// Is done, and never answers. Operations that write.
    HangAfter,
    /// Is lost on the way to the store. Operations that write. An append answers
    /// [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown), the others `Unavailable`.
    LostBefore,
    /// Is done, and the answer is lost. Otherwise as [`LostBefore`](Self::LostBefore).
    LostAfter,
    /// Doesn't see the newest of what is stored: this many events, or one snapshot. Reads, except `head`, which never
    /// lags.
    Stale(u64),
    /// Events: a page lacks a row that isn't its last. Snapshots: the row read, or stored, has half of its state.
    /// `read_stream`, `read_all`, `newest`, and `save` of a snapshot.
    Torn,
    /// A page ends early, at a random place, and says so: this is within the contract. `read_stream` and `read_all`.
    ShortPage,
}

impl Fault {
    /// Whether this operation can misbehave so.
    pub const fn applies_to(self, operation: Operation) -> bool {
        match self {
            Self::Error | Self::Delay(_) | Self::Hang => true,
            Self::HangAfter | Self::LostBefore | Self::LostAfter => operation.writes(),
            Self::Stale(_) => matches!(
                operation,
                Operation::ReadStream
                    | Operation::ReadAll
                    | Operation::NewestSnapshot
                    | Operation::ListSnapshots
            ),
            Self::Torn => matches!(
                operation,
                Operation::ReadStream
                    | Operation::ReadAll
                    | Operation::NewestSnapshot
                    | Operation::SaveSnapshot
            ),
            Self::ShortPage => matches!(operation, Operation::ReadStream | Operation::ReadAll),
        }
    }
}

/// A fault that was injected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Injected {
    /// The operation that was called.
    pub operation: Operation,
    /// Which call of that operation it was, from 1.
    pub call: u64,
    /// What was done to it.
    pub fault: Fault,
    /// The stream it was about, if it was about one.
    pub stream: Option<StreamId>,
}

/// Which faults a [`FaultyStore`](super::FaultyStore) injects at random, and how often.
///
/// What happens to the n-th call of an operation follows from the seed, the operation and n alone: a program that calls in
/// the same order meets the same faults, whatever the other operations do meanwhile.
///
/// ```
/// use std::time::Duration;
///
/// use eventsourcing::testing::{Fault, FaultPlan, Operation};
///
/// let plan = FaultPlan::seeded(7)
///     .everywhere(Fault::Error, 0.01)
///     .with(Operation::Append, Fault::LostAfter, 0.1)
///     .with(Operation::ReadStream, Fault::ShortPage, 0.5);
/// # let _ = plan;
/// ```
#[derive(Debug, Clone, Default)]
pub struct FaultPlan {
    seed: u64,
    rates: Vec<(Operation, Fault, f64)>,
}

impl FaultPlan {
    /// No faults yet; those to come are drawn by this seed.
    pub fn seeded(seed: u64) -> Self {
        Self {
            seed,
            rates: Vec::new(),
        }
    }

    /// Injects `fault` into this share (0 to 1) of the calls of `operation`.
    ///
    /// # Panics
    ///
    /// If the fault doesn't apply to the operation, or the shares of one operation add up to more than 1.
    #[track_caller]
    pub fn with(mut self, operation: Operation, fault: Fault, share: f64) -> Self {
        assert!(
            fault.applies_to(operation),
            "{operation:?} can't misbehave by {fault:?}"
        );
        self.rates.push((operation, fault, share));
        let of_operation = self.rates.iter().filter(|(of, ..)| *of == operation);
        let total: f64 = of_operation.map(|(.., share)| share).sum();
        assert!(
            (0.0..=1.0).contains(&share) && total < 1.000_001,
            "{total} of the calls of {operation:?} are more than all"
        );
        self
    }

    /// Injects `fault` into this share of the calls of every operation that it applies to. Panics as
    /// [`with`](Self::with) does.
    #[track_caller]
    pub fn everywhere(mut self, fault: Fault, share: f64) -> Self {
        for operation in Operation::ALL {
            if fault.applies_to(operation) {
                self = self.with(operation, fault, share);
            }
        }
        self
    }

    /// Whether some read is to lag.
    pub(super) fn lags(&self) -> bool {
        self.rates
            .iter()
            .any(|(_, fault, share)| matches!(fault, Fault::Stale(_)) && *share > 0.0)
    }

    /// The random numbers of one call.
    pub(super) fn numbers(&self, operation: Operation, call: u64) -> fastrand::Rng {
        let mut mix = fastrand::Rng::with_seed(self.seed);
        let of_operation = mix.u64(..).wrapping_add(operation as u64);
        let mut mix = fastrand::Rng::with_seed(of_operation);
        fastrand::Rng::with_seed(mix.u64(..).wrapping_add(call))
    }

    /// The fault of one call, if it is to have one.
    pub(super) fn draw(&self, operation: Operation, numbers: &mut fastrand::Rng) -> Option<Fault> {
        let mut drawn = numbers.f64();
        for (_, fault, share) in self.rates.iter().filter(|(of, ..)| *of == operation) {
            if drawn < *share {
                return Some(*fault);
            }
            drawn -= share;
        }
        None
    }
}
