//! A piece of work for the writer thread, with the caller who waits for it.

use tokio::sync::oneshot;

use super::{
    errors::{Failure, Sql, Trouble},
    writer::Batch,
};
use crate::Result;

/// How much a task adds to a transaction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weight {
    /// Rows to be written. With more than one the task is undone as a whole if one can't be.
    pub(super) rows: usize,
    pub(super) bytes: usize,
}

/// A piece of work, decided and written within a transaction that others share. It may be run again after a
/// transaction that was rolled back.
pub(super) trait Task: Send {
    fn weight(&self) -> Weight;

    /// Does it, and keeps its outcome. An error means that what it wrote has to be undone.
    fn run(&mut self, batch: &mut Batch<'_>) -> Sql<()>;

    /// Keeps this as its outcome.
    fn settle(&mut self, failure: &Failure);

    /// Tells its outcome to the caller, if there still is one.
    fn answer(self: Box<Self>);
}

/// The task that a closure describes. The closure refuses before it writes, or not at all.
pub(super) struct Work<T, F> {
    weight: Weight,
    run: F,
    outcome: Option<Result<T>>,
    answer: oneshot::Sender<Result<T>>,
}

impl<T, F> Work<T, F>
where
    T: Send,
    F: FnMut(&mut Batch<'_>) -> Result<T, Trouble> + Send,
{
    pub(super) fn new(weight: Weight, run: F) -> (Self, oneshot::Receiver<Result<T>>) {
        let (answer, receiver) = oneshot::channel();
        let work = Self {
            weight,
            run,
            outcome: None,
            answer,
        };
        (work, receiver)
    }
}

impl<T, F> Task for Work<T, F>
where
    T: Send,
    F: FnMut(&mut Batch<'_>) -> Result<T, Trouble> + Send,
{
    fn weight(&self) -> Weight {
        self.weight
    }

    fn run(&mut self, batch: &mut Batch<'_>) -> Sql<()> {
        self.outcome = None;
        match (self.run)(batch) {
            Ok(value) => self.outcome = Some(Ok(value)),
            Err(Trouble::Refused(error)) => self.outcome = Some(Err(error)),
            Err(Trouble::Driver(error)) => return Err(error),
        }
        Ok(())
    }

    fn settle(&mut self, failure: &Failure) {
        self.outcome = Some(Err(failure.to_error()));
    }

    fn answer(self: Box<Self>) {
        // Without an outcome the caller sees the channel closed, and reports the outcome as unknown.
        if let Some(outcome) = self.outcome {
            // A caller who is gone is no reason to undo what is stored.
            let _ = self.answer.send(outcome);
        }
    }
}
