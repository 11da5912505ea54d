//! Commands: load, decide, save, and again after a conflict.

use std::{borrow::Borrow, future::Future, time::Duration};

use super::{Committed, Repository, Updated, load::located, turns::Turn};
use crate::{
    CommandError, Error, ErrorKind, Result, StreamId,
    aggregate::{Aggregate, IntoEvents, Root},
};

/// The first pause after a conflict is shorter than this; each further one may be twice as long.
const FIRST_PAUSE: Duration = Duration::from_micros(500);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);
/// How often a command asks the store what became of its events.
const RESOLUTIONS: u32 = 6;

impl<A: Aggregate> Repository<A> {
    /// Loads, lets a command look at the state and decide, and saves what it decided.
    ///
    /// After a conflict all of it is done again with a fresh load, a bounded number of times (see
    /// [`max_attempts`](super::RepositoryBuilder::max_attempts)) with growing random pauses. So the closure may run several
    /// times: it should do nothing but decide.
    pub async fn execute<D: IntoEvents<A>, X>(
        &self,
        id: impl Borrow<A::Id>,
        mut decide: impl FnMut(&A) -> Result<D, X>,
    ) -> Result<Committed, CommandError<X>> {
        let (committed, ()) = self
            .command(id.borrow(), "execute", |root| root.execute(&mut decide))
            .await?;
        Ok(committed)
    }

    /// Loads, lets the closure record several decisions, and saves them together. Runs it again after a conflict, as
    /// [`execute`](Self::execute) does.
    pub async fn update<T, X>(
        &self,
        id: impl Borrow<A::Id>,
        decide: impl FnMut(&mut Root<A>) -> Result<T, X>,
    ) -> Result<Updated<T>, CommandError<X>> {
        let (committed, value) = self.command(id.borrow(), "update", decide).await?;
        Ok(Updated::new(value, committed))
    }

    /// As [`update`](Self::update), with a closure that may await: for where the state says what to fetch. It gets the root and
    /// gives it back.
    pub async fn update_with<T, X, F>(
        &self,
        id: impl Borrow<A::Id>,
        mut decide: impl FnMut(Root<A>) -> F,
    ) -> Result<Updated<T>, CommandError<X>>
    where
        F: Future<Output = Result<(Root<A>, T), X>>,
    {
        let id = id.borrow();
        let mut attempt = 0;
        loop {
            let root = self.load_for(id, "update_with").await?;
            let (mut root, value) = decide(root).await.map_err(CommandError::Rejected)?;
            if root.id() != id {
                let error = Error::new(ErrorKind::InvalidConfiguration)
                    .because("the closure gave back the root of another aggregate");
                return Err(located::<A>(error, "update_with", id).into());
            }
            match self.save_surely(&mut root, "update_with", None).await {
                Ok(committed) => return Ok(Updated::new(value, committed)),
                Err(error) => attempt = self.pause(attempt, error).await?,
            }
        }
    }

    async fn command<T, X>(
        &self,
        id: &A::Id,
        operation: &'static str,
        mut decide: impl FnMut(&mut Root<A>) -> Result<T, X>,
    ) -> Result<(Committed, T), CommandError<X>> {
        let stream = StreamId::of::<A>(id).map_err(|error| error.during(operation))?;
        let mut attempt = 0;
        loop {
            let turn = self.inner.turns.take(&stream).await;
            let mut root = self.load_for(id, operation).await?;
            let value = decide(&mut root).map_err(CommandError::Rejected)?;
            match self.save_surely(&mut root, operation, Some(turn)).await {
                Ok(committed) => return Ok((committed, value)),
                Err(error) => attempt = self.pause(attempt, error).await?,
            }
        }
    }

    async fn load_for(&self, id: &A::Id, operation: &'static str) -> Result<Root<A>> {
        let loaded = self.load(id).await;
        loaded.map_err(|error| located::<A>(error, operation, id))
    }

    /// Saves; if the outcome is unknown, again with the same root, which finds out. The root is gone after a command, so
    /// that nobody else could.
    async fn save_surely(
        &self,
        root: &mut Root<A>,
        operation: &'static str,
        turn: Option<Turn>,
    ) -> Result<Committed> {
        let mut saved = self.save_in_turn(root, operation, turn).await;
        for attempt in 1..RESOLUTIONS {
            match &saved {
                Err(error) if root.in_flight().is_some() => {
                    tracing::warn!(%error, "outcome unknown, looking again");
                    pause(attempt).await;
                    saved = self.save_in_turn(root, operation, None).await;
                }
                _ => return saved,
            }
        }
        saved.map_err(|error| match root.in_flight() {
            Some(_) => error.not_retryable(),
            None => error,
        })
    }

    /// Pauses before another attempt; gives the error back if there is to be none.
    async fn pause(&self, attempt: u32, error: Error) -> Result<u32> {
        let attempt = attempt + 1;
        if !error.is_conflict() || attempt >= self.inner.attempts {
            return Err(error);
        }
        pause(attempt).await;
        Ok(attempt)
    }
}

async fn pause(attempt: u32) {
    let longest = FIRST_PAUSE
        .saturating_mul(1 << attempt.min(16))
        .min(LONGEST_PAUSE);
    tokio::time::sleep(longest.mul_f64(fastrand::f64())).await;
}

impl<T> Updated<T> {
    fn new(value: T, committed: Committed) -> Self {
        Self {
            value,
            version: committed.version,
            position: committed.position,
        }
    }
}
