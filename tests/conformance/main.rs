//! The conformance kit: the stores that come with the crate pass it, planted bugs and wrong stores do not.

mod contract;
mod mutants;
mod stores;
mod third_party;
mod wrong;

eventsourcing::conformance_tests! {
    memory => stores::memory(),
    sqlite => stores::sqlite(),
    postgres => stores::postgres(),
    list_store => third_party::kit(),
}
