//! `Trial`: what a check works with: handles on the subject's stores, and the kit's settings.

use std::sync::Arc;

use super::{
    Kit, Subject,
    handles::{Events, Snapshots},
    report::Failure,
    settled::Settled,
};
use crate::{ManualClock, Timestamp, store::Capabilities};

/// One check's own store, fresh and empty.
pub(crate) struct Trial {
    kit: Kit,
    subject: Subject,
}

fn missing(what: &str) -> Failure {
    Failure(format!("the subject has no {what}"))
}

impl Trial {
    pub(crate) fn new(kit: Kit, subject: Subject) -> Self {
        Self { kit, subject }
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

    /// A part of the rounds of the longest race, at least 10.
    pub(crate) fn rounds(&self, part: u32) -> u64 {
        u64::from(self.kit.rounds / part.max(1)).max(10)
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
        Ok(Self::new(self.kit.clone(), open().await))
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
        Self::new(self.kit.clone(), (self.kit.factory)().await)
    }
}
