//! Running a case against rival commits, through a repository over a memory store.
//!
//! A memory store never waits, so each future is done when it is polled once: no runtime is needed.

use std::{fmt, future::Future};

use futures_util::FutureExt as _;

use super::run::{self, Case, Decide, Fold, Ran};
use crate::{
    Error, MemoryStore, Repository,
    aggregate::{Aggregate, Root},
    event::Stage,
};

pub(super) fn run<A: Aggregate, X: fmt::Debug>(
    case: &Case<A>,
    prefix: Option<usize>,
    decide: Decide<'_, A, X>,
) -> Result<Ran<A, X>, String> {
    // Here it is known which event is wrong; the repository would only refuse the save.
    let mut fold = case.fold(case.events.len())?;
    let repository = now(Repository::builder(MemoryStore::new()).build())?;
    store_given(&repository, case, prefix.unwrap_or(0))?;
    let mut rivals = case.rivals.iter().enumerate();
    loop {
        let root = at_once(repository.find(&case.id))?;
        let decided = run::decided(decide, root.as_deref())?;
        if let Ok(events) = &decided {
            fold.clone().apply_decided(events)?;
        }
        if let Some((index, events)) = rivals.next() {
            meet_rival(&mut fold, index + 1, events)?;
            store_rival(&repository, &case.id, events.clone())?;
        }
        let events = match decided {
            Ok(events) => events,
            Err(refused) => {
                let state = at_once(repository.find(&case.id))?;
                let state = state.map(|root| root.state().clone());
                return Ok(Ran {
                    decided: Err(refused),
                    state,
                });
            }
        };
        let Some(mut root) = root else {
            return Err("rivals need something that exists".to_owned());
        };
        record(&mut root, events.clone());
        match repository.save(&mut root).now_or_never() {
            Some(Err(error)) if error.is_conflict() => {}
            saved => {
                now(saved.unwrap_or_else(|| Err(never_ready())))?;
                return Ok(Ran {
                    decided: Ok(events),
                    state: at_once(repository.find(&case.id))?.map(|root| root.state().clone()),
                });
            }
        }
    }
}

/// Stores the given events, with a snapshot of the first `prefix`.
fn store_given<A: Aggregate>(
    repository: &Repository<A>,
    case: &Case<A>,
    prefix: usize,
) -> Result<(), String> {
    let mut events = case.events.iter().cloned();
    let first = events
        .next()
        .filter(|first| Root::<A>::stage(first) == Stage::Create);
    let Some(first) = first else {
        return Err("the first given event must be of `create(…)`".to_owned());
    };
    let mut root = Root::begin(case.id.clone(), first, [].into());
    if prefix > 0 {
        record(&mut root, events.by_ref().take(prefix - 1));
        at_once(repository.save(&mut root))?;
        at_once(repository.create_snapshot(&root))?;
    }
    record(&mut root, events);
    at_once(repository.save(&mut root)).map(drop)
}

/// Applies a rival's events, so that it is known which of them can't happen.
fn meet_rival<A: Aggregate>(
    fold: &mut Fold<'_, A>,
    number: usize,
    events: &[A::Event],
) -> Result<(), String> {
    for (index, event) in events.iter().enumerate() {
        let (place, count) = (index + 1, events.len());
        fold.apply(event)
            .map_err(|why| format!("event {place} of {count} of rival {number} {why}"))?;
    }
    Ok(())
}

fn store_rival<A: Aggregate>(
    repository: &Repository<A>,
    id: &A::Id,
    events: Vec<A::Event>,
) -> Result<(), String> {
    let mut rival = at_once(repository.load(id)).map_err(|error| format!("the rival: {error}"))?;
    record(&mut rival, events);
    let saved = at_once(repository.save(&mut rival));
    saved
        .map(drop)
        .map_err(|error| format!("the rival: {error}"))
}

/// Events of any list: an impossible one makes the save fail.
fn record<A: Aggregate>(root: &mut Root<A>, events: impl IntoIterator<Item = A::Event>) {
    for event in events {
        root.record_any(event);
    }
}

fn at_once<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, String> {
    now(future.now_or_never().unwrap_or_else(|| Err(never_ready())))
}

fn now<T>(result: Result<T, Error>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

fn never_ready() -> Error {
    Error::new(crate::ErrorKind::Storage).because("the memory store made its caller wait")
}
