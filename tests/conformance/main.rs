//! The conformance kit: the stores that come with the crate pass it, planted bugs and wrong stores do not.

mod contract;
mod mutants;
mod stores;

eventsourcing::conformance_tests! {
    memory => stores::memory(),
    sqlite => stores::sqlite(),
}
