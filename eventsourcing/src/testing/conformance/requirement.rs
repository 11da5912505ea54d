//! What a check may need that not every store has.

use std::fmt;

use super::Subject;
use crate::store::{Atomicity, Capabilities, GlobalOrder};

/// What a check may need that not every store has: a declared capability, or something that the factory offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Requirement {
    /// An event store.
    Events,
    /// A snapshot store.
    Snapshots,
    /// [`Atomicity::AnyStreams`].
    AnyStreams,
    /// [`Atomicity::OneStream`]: that it is refused to commit to several.
    OneStream,
    /// [`GlobalOrder::Total`].
    TotalOrder,
    /// [`Capabilities::reads_may_lag`] is false.
    PromptReads,
    /// [`Capabilities::max_commit_events`] is none, or 10,000 and more.
    LargeCommits,
    /// [`Capabilities::max_commit_events`] is set: that more are refused.
    LimitedCommits,
    /// [`Subject::clock`].
    Clock,
    /// [`Subject::second_handle`].
    SecondHandle,
    /// [`Subject::reopen`].
    Reopen,
    /// A snapshot store, and an [`EventStore::read_from_snapshot`](crate::EventStore::read_from_snapshot) that answers:
    /// what a store does with the first question, before each check, counts for all.
    FromSnapshot,
}

/// The most events that a check appends in one commit.
pub(crate) const LARGE_COMMIT: usize = 10_000;

impl Requirement {
    pub(crate) fn is_met(self, declared: &Capabilities, subject: &Subject) -> bool {
        match self {
            Self::Events => subject.events.is_some(),
            Self::Snapshots => subject.snapshots.is_some(),
            Self::AnyStreams => declared.atomic == Atomicity::AnyStreams,
            Self::OneStream => declared.atomic == Atomicity::OneStream,
            Self::TotalOrder => declared.order == GlobalOrder::Total,
            Self::PromptReads => !declared.reads_may_lag,
            Self::LargeCommits => declared
                .max_commit_events
                .is_none_or(|most| most >= LARGE_COMMIT),
            Self::LimitedCommits => declared.max_commit_events.is_some(),
            Self::Clock => subject.clock.is_some(),
            Self::SecondHandle => subject.second_handle.is_some(),
            Self::Reopen => subject.reopen.is_some(),
            Self::FromSnapshot => subject.snapshots.is_some() && subject.reads_from_snapshots,
        }
    }
}

/// What is missing where it isn't met.
impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Events => "the subject has no event store",
            Self::Snapshots => "the subject has no snapshot store",
            Self::AnyStreams => "capability not declared: Atomicity::AnyStreams",
            Self::OneStream => "capability declared: more than Atomicity::OneStream",
            Self::TotalOrder => "capability not declared: GlobalOrder::Total",
            Self::PromptReads => "capability not declared: reads_may_lag = false",
            Self::LargeCommits => "capability not declared: max_commit_events of 10,000 or more",
            Self::LimitedCommits => "capability declared: no max_commit_events",
            Self::Clock => "the factory offers no clock (Subject::clock)",
            Self::SecondHandle => "the factory offers no second handle (Subject::second_handle)",
            Self::Reopen => "the factory offers no way to reopen (Subject::reopen)",
            Self::FromSnapshot => "the store doesn't answer read_from_snapshot",
        })
    }
}
