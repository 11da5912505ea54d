//! Stored bytes are hostile: whatever they are, reading them gives a value or an error. No panic, no overflow of the
//! stack, no end of waiting, and no allocation beyond what the codecs promise (64 MiB).
//!
//! Each case is made from its seed alone; a failure prints it and how to run it again. The process ends without a word if
//! the stack overflows or an allocation fails: the seed is then in `target/tmp/hostile-<test>`.
//!
//! ```sh
//! HOSTILE_CASES=10000000 cargo test --release -p eventsourcing-tests --test hostile -- --nocapture codecs rows
//! ```
//!
//! Those of `codecs` and `rows` take microseconds a case. `memory` and `sqlite` go the whole way through a repository and a
//! store: a tenth or a hundredth of that number is what they are for.
//!
//! Memory is what this thread holds at once, counted by the allocator of `allocation-counter`; what SQLite's own threads
//! hold is not in it.

mod damage;
mod decoders;
mod file;
mod planted;
mod run;
mod store;
mod values;

use eventsourcing::codec::{Bincode, Json, Postcard};

use run::{Decode, MOST_TIME, Report, run, seeds};
use values::{riches, trees};

#[track_caller]
fn show(decoder: &'static str, by_default: u64, decode: impl Decode) {
    let seeds = seeds(by_default);
    let many = seeds.end - seeds.start >= 500;
    match run(decoder, seeds, MOST_TIME, decode) {
        Err(failure) => panic!("{failure}"),
        Ok(report) => {
            println!("{report}");
            assert!(
                !many || is_telling(&report),
                "the cases are all of one kind: {report}"
            );
        }
    }
}

/// Damage that is always refused, or never, tests little.
fn is_telling(report: &Report) -> bool {
    report.values.min(report.refused) > 0
}

/// The codecs by themselves; a `…_tree` is of a type that contains itself.
mod codecs {
    use super::{Bincode, Json, Postcard, decoders::codec, riches, show, trees};

    #[test]
    fn json() {
        show("codecs::json", 2_000, codec(Json, &riches()));
    }

    #[test]
    fn json_tree() {
        show("codecs::json_tree", 2_000, codec(Json, &trees()));
    }

    #[test]
    fn bincode() {
        show("codecs::bincode", 2_000, codec(Bincode, &riches()));
    }

    #[test]
    fn bincode_tree() {
        show("codecs::bincode_tree", 2_000, codec(Bincode, &trees()));
    }

    #[test]
    fn postcard() {
        show("codecs::postcard", 2_000, codec(Postcard, &riches()));
    }

    #[test]
    fn postcard_tree() {
        show("codecs::postcard_tree", 2_000, codec(Postcard, &trees()));
    }
}

/// Loads of one hostile row, and of a snapshot over one event: cheap enough for millions.
mod rows {
    use super::{
        Bincode, Json, Postcard,
        decoders::{Stream, single_events, snapshots},
        show,
    };

    #[test]
    fn events_json() {
        show("rows::events_json", 2_000, single_events(Json));
    }

    #[test]
    fn events_bincode() {
        show("rows::events_bincode", 2_000, single_events(Bincode));
    }

    #[test]
    fn events_postcard() {
        show("rows::events_postcard", 2_000, single_events(Postcard));
    }

    #[test]
    fn snapshots_json() {
        let decode = snapshots(Json, Stream::Short);
        show("rows::snapshots_json", 2_000, decode);
    }

    #[test]
    fn snapshots_bincode() {
        let decode = snapshots(Bincode, Stream::Short);
        show("rows::snapshots_bincode", 2_000, decode);
    }

    #[test]
    fn snapshots_postcard() {
        let decode = snapshots(Postcard, Stream::Short);
        show("rows::snapshots_postcard", 2_000, decode);
    }
}

/// Loads of whole streams, from rows as a store in memory hands them out.
mod memory {
    use super::{
        Bincode, Json, Postcard,
        decoders::{Stream, events, snapshots},
        show,
    };

    #[test]
    fn events_json() {
        show("memory::events_json", 500, events(Json));
    }

    #[test]
    fn events_bincode() {
        show("memory::events_bincode", 500, events(Bincode));
    }

    #[test]
    fn events_postcard() {
        show("memory::events_postcard", 500, events(Postcard));
    }

    #[test]
    fn snapshots_json() {
        let decode = snapshots(Json, Stream::Whole);
        show("memory::snapshots_json", 500, decode);
    }

    #[test]
    fn snapshots_bincode() {
        let decode = snapshots(Bincode, Stream::Whole);
        show("memory::snapshots_bincode", 500, decode);
    }

    #[test]
    fn snapshots_postcard() {
        let decode = snapshots(Postcard, Stream::Whole);
        show("memory::snapshots_postcard", 500, decode);
    }
}

/// Reads of rows that were written into the file behind the store's back.
mod sqlite {
    use super::{Bincode, Json, file, show};

    #[test]
    fn snapshots() {
        show("sqlite::snapshots", 500, file::snapshots(Bincode));
    }

    #[test]
    fn events_json() {
        show("sqlite::events_json", 500, file::events(Json));
    }

    #[test]
    fn events_bincode() {
        show("sqlite::events_bincode", 500, file::events(Bincode));
    }
}
