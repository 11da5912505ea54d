//! `Trial`: what a check works with: handles on the subject's stores, and the kit's settings.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Kit, Subject,
    handles::Events,
    report::Failure,
    rounds::{Progress, Rounds},
    rows::Snapshots,
    settled::Settled,
};
use crate::{ManualClock, Timestamp, store::Capabilities};

/// One check's own store, fresh and empty.
pub(crate) struct Trial {
    kit: Kit,
    subject: Subject,
    progress: Arc<Progress>,
}

fn missing(what: &str) -> Failure {
    Failure(format!("the subject has no {what}"))
}

impl Trial {
    pub(crate) fn new(kit: Kit, subject: Subject, progress: Arc<Progress>) -> Self {
        Self {
            kit,
            subject,
            progress,
        }
    }

    /// The same check's work with another subject.
    fn with(&self, subject: Subject) -> Self {
        Self::new(self.kit.clone(), subject, Arc::clone(&self.progress))
    }

    pub(crate) fn declared(&self) -> &Capabilities {
        &self.kit.declared
    }

    pub(crate) fn events(&self) -> Result<Events, Failure> {
        let store = self.subject.events.as_ref();
        let store = store.ok_or_else(|| missing("event store"))?;
        Ok(if self.kit.declared.reads_may_lag {
            Events::new(Arc::new(Settled(Arc::clone(store))))
        } else {
            Events::new(Arc::clone(store))
        })
    }

    /// Answers an append at once, also where reads may lag.
    pub(crate) fn prompt_events(&self) -> Result<Events, Failure> {
        let store = self.subject.events.as_ref();
        let store = store.ok_or_else(|| missing("event store"))?;
        Ok(Events::new(Arc::clone(store)))
    }

    pub(crate) fn snapshots(&self) -> Result<Snapshots, Failure> {
        let store = self.subject.snapshots.as_ref();
        let store = store.ok_or_else(|| missing("snapshot store"))?;
        Ok(Snapshots(Arc::clone(store)))
    }

    /// A part of the rounds of the longest race, at least 10, and no longer than a fourth of the deadline.
    pub(crate) fn rounds(&self, part: u32) -> Rounds {
        self.times(u64::from(self.kit.rounds / part.max(1)).max(10))
    }

    /// As many rounds whatever the kit says, and no longer than a fourth of the deadline.
    pub(crate) fn times(&self, rounds: u64) -> Rounds {
        Rounds::new(rounds, Instant::now() + self.patience(), &self.progress)
    }

    /// How long a loop of the check may take, or a call that must not wait for another.
    pub(crate) fn patience(&self) -> Duration {
        self.kit.deadline / 4
    }

    /// The most events that a check puts in one commit where it needs many.
    pub(crate) fn most_events(&self) -> usize {
        self.kit
            .declared
            .max_commit_events
            .unwrap_or(500)
            .clamp(1, 500)
    }

    /// Whether the tasks of a check take turns on one thread.
    pub(crate) fn is_single_threaded(&self) -> bool {
        self.kit.worker_threads <= 1
    }

    /// Sets the store's clock.
    pub(crate) fn set_clock(&self, micros: i64) -> Result<(), Failure> {
        let clock: Option<&Arc<ManualClock>> = self.subject.clock.as_ref();
        let clock = clock.ok_or_else(|| missing("clock"))?;
        clock.set(Timestamp::from_unix_micros(micros));
        Ok(())
    }

    /// The same data as another process would come by it.
    pub(crate) async fn second(&self) -> Result<Self, Failure> {
        let open = self.subject.second_handle.as_ref();
        let open = open.ok_or_else(|| missing("second handle"))?;
        Ok(self.with(open().await))
    }

    /// The same data after closing and opening. Drop all handles before.
    pub(crate) async fn reopen(&mut self) -> Result<(), Failure> {
        let reopen = self.subject.reopen.clone();
        let reopen = reopen.ok_or_else(|| missing("way to reopen"))?;
        self.subject.events = None;
        self.subject.snapshots = None;
        let mut subject = reopen().await;
        let before = &mut self.subject;
        subject.clock = subject.clock.or(before.clock.take());
        subject.reopen = subject.reopen.or(before.reopen.take());
        subject.second_handle = subject.second_handle.or(before.second_handle.take());
        subject.kept.append(&mut before.kept);
        self.subject = subject;
        Ok(())
    }

    /// Another store, which has nothing to do with this one.
    pub(crate) async fn stranger(&self) -> Self {
        self.with((self.kit.factory)().await)
    }
}
