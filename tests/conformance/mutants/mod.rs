//! The kit's planted-bug twins: a memory store with one small mistake at a time, each caught by at least one check.

mod append;
mod around;
mod bugs;
mod dropped;
mod events;
mod from_snapshot;
mod repetition;
mod snapshots;
mod store;
mod table;
mod texts;

use std::{sync::Arc, time::Duration};

use eventsourcing::testing::conformance::{Kit, Subject};

pub(crate) use self::bugs::Bug;
use self::store::Mutant;
use crate::stores;

/// One thread, so that the tasks of a check take turns in the same order every time, and the table is the same every time.
fn kit(bug: Option<Bug>) -> Kit {
    let lags = [Bug::ReadsLagUndeclared, Bug::HeadsLagAsReadsDo];
    kit_of(bug, bug.is_some_and(|bug| lags.contains(&bug)))
}

fn kit_of(bug: Option<Bug>, lags: bool) -> Kit {
    let factory = move || async move {
        let clock = stores::clock();
        let store = Arc::new(Mutant::new(bug, Arc::clone(&clock), lags));
        let (second, reopened) = (Arc::clone(&store), Arc::clone(&store));
        Subject::new(store)
            .clock(clock)
            .second_handle(move || {
                let handle = second.handle();
                async move { Subject::new(handle) }
            })
            .reopen(move || {
                let handle = reopened.reopened();
                async move { Subject::new(handle) }
            })
    };
    Kit::new(factory, events::capabilities(bug, lags))
        .rounds(10)
        .worker_threads(1)
        .deadline(Duration::from_secs(5))
}

eventsourcing::conformance_tests! {
    without_a_bug => super::kit(None),
    lagging_as_declared => super::kit_of(None, true),
}

/// On several threads nothing lies between the two locks.
#[test]
fn a_race_with_nothing_between_is_caught() {
    let name = "event_store::append::of_threads_that_meet_at_the_head_one_wins";
    let kit = kit(Some(Bug::AppendsCheckAndThenAct))
        .rounds(10_000)
        .worker_threads(2);
    let caught = std::panic::catch_unwind(move || kit.assert(name));
    let panic = caught.expect_err("the race is found");
    let text = panic.downcast_ref::<String>().expect("a text");
    assert!(text.contains("the winners of version"), "{text}");
}
