//! The schema lock: what states and events look like, in a file under version control, and a test that compares it.
//!
//! Without it, nothing remembers what was stored: a renamed field of an event shows in production, on the first load of an
//! old stream, and a state whose `schema_version` nobody thought of is rebuilt by surprise. One line in a test file:
//!
//! ```
//! # use eventsourcing::prelude::*;
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Event, Clone, Debug, Serialize, Deserialize)] struct Opened { owner: String }
//! # #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)] #[aggregate(id = String, create(Opened))]
//! # struct Account { owner: String }
//! # impl AccountHandlers for Account { fn opened(_: &String, e: Opened) -> Self { Account { owner: e.owner } } }
//! eventsourcing::schema_lock!("schemas.lock", Account);
//! # fn main() {}
//! ```
//!
//! `UPDATE_SCHEMAS=1 cargo test` writes the file, which is committed with the code. From then on:
//!
//! | Change | The test | What to do |
//! |---|---|---|
//! | a state, or a type in it | fails: its snapshots are rebuilt | raise `schema_version`, `UPDATE_SCHEMAS=1` |
//! | a new aggregate, event or version of one | fails: it isn't recorded | `UPDATE_SCHEMAS=1` |
//! | an event, in a way that reads what is stored | passes, and says that the file is behind | `UPDATE_SCHEMAS=1` |
//! | an event, in any other way, its list and names included | fails | mend it: an alias, a default, or a new version that the old one is upcast to |
//!
//! What reads stored rows in JSON: a new field that is an `Option` or has a `default`, a new variant, an alias, a rename with
//! an alias for the old name, a field that becomes an `Option`, another order of named fields. Everything else is refused,
//! removed fields as well (the row is read, its value lost), and what a row is read through as something else: another
//! default of what may be absent, another function (`with`), Rust names that trade places under stored ones, an alias that is
//! another's name, keys of a map that become one, another discriminant, a new variant beside `#[serde(other)]`, another type
//! to convert from (`from`, `try_from`). So is an event that moves between `create`, `events` and `discard`, and a stored name
//! or alias that moves to another event. Of a converted type counts what is read. A type of the same form under another name
//! is read as that, and told.
//!
//! An alias on a field that was there before and may be absent is refused, unless `schema_version` goes up in the same change:
//! rows that have the alias were replayed without their value, into snapshots that nothing else tells from others. The same
//! holds where what was written and not read (`skip_deserializing`, two names by `rename`) is read from now on.
//!
//! An old version of an event, one that is only read by now, may become a newtype of `serde_json::Value`, unless it has
//! integers of 128 bits.
//!
//! A program whose events are written by a positional codec (bincode, postcard) says so, and no change of a shape is taken
//! without a new version: `schema_lock!("schemas.lock", Order, Cart; events = positional)`. Rows in JSON may be there from
//! before, so that nothing is taken which these can't be read through. The file says so as well, and keeps saying it when new
//! events are written in JSON: rows that were written by place are there still.
//!
//! `UPDATE_SCHEMAS=1` records nothing as long as something is refused. Events that were never stored may change as they like:
//! `UPDATE_SCHEMAS=force` records that, and the change shows in the review of the file. Where the variable `CI` is set (and
//! isn't empty, `0` or `false`) the file is never written.
//!
//! # The file
//!
//! Lines, blocks with an empty line between them, `#` before comments (which are not kept). Line breaks are `\n`; those of
//! Windows are read.
//!
//! ```text
//! file    = "format 1", ["events positional"], block …
//! block   = head, line …
//! head    = "state" name "version" N … | "event" aggregate/name "version" N … | "retired" aggregate/name
//!         | "struct" type … | "enum" type …
//!       … = [": enum"] [notes] ["=" type]         "= type": written as that type
//! line    = "  " field | "  " variant             a variant's fields are indented by 4
//! field   = name ":" type [notes]
//! variant = name [notes]
//! notes   = "(" note, … ")"                       what changes how it is written or read: alias "x", default, tag "kind"; of an
//!                                                 event its list, and its variant where that has another name: in code "X"
//! ```
//!
//! Each type has one block, whichever states and events it is in: a changed field is a changed line. Names have quotes where
//! they have other characters than letters, digits, `_` and `-`, and so has a type argument of which nothing is written. Where a
//! name with its arguments would be long, it has a number in their place, and behind it those that no line shows:
//! `Pair#1f0a9c3e`, `Amount#0c4b77d1<2>`.

mod canonical;
mod check;
mod code;
mod compare;
mod conversions;
mod diff;
mod document;
mod exact;
mod fields;
mod history;
mod line;
mod program;
mod read;
mod readers;
mod report;
mod untyped;
mod variants;
mod walk;

pub use self::{
    check::{Checked, LockError, SchemaLock, Update, compare},
    report::Report,
};

/// The only one so far.
const FORMAT: u32 = 1;

const HEADER: &str = "\
# What states and events look like where they are stored. A test compares this file with the program (`schema_lock!`).
# `UPDATE_SCHEMAS=1 cargo test` rewrites it; keep it under version control.
";

/// In the header of a file that has such a name.
const SHORTENED: &str = "\
# `Name#0a1b2c3d`: in place of the arguments of `Name`, which are long, stands a number that is made of them. Behind it
# stand those that no line shows: constants, and types of which nothing is written.
";

/// Below the format: the events are written by a codec that has no names.
const POSITIONAL: &str = "events positional\n";

/// A test that compares states and events of these aggregates with a file, whose path begins at the package's root.
///
/// Written at the level of a module: of a library in a file of `tests/`; of a binary, whose types nothing outside can name,
/// under `src`, behind `#[cfg(test)]`. The test is named after the file, `schemas_lock_is_up_to_date`. One file belongs to
/// one `schema_lock!`. What it makes of which difference: [`schema::lock`](crate::schema::lock).
///
/// ```ignore
/// eventsourcing::schema_lock!("schemas.lock", Order, Cart);
/// // Events are written by bincode or postcard:
/// eventsourcing::schema_lock!("sensors.lock", Sensor; events = positional);
/// ```
#[cfg(feature = "derive")]
#[macro_export]
macro_rules! schema_lock {
    ($path:literal, $($aggregate:ty),+ $(,)?) => {
        $crate::__private::schema_lock_test! { $path {
            $crate::schema::lock::SchemaLock::new(
                ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/", $path)
            )
            $(.aggregate::<$aggregate>())+
            .test();
        } }
    };
    ($path:literal, $($aggregate:ty),+ $(,)?; events = positional) => {
        $crate::__private::schema_lock_test! { $path {
            $crate::schema::lock::SchemaLock::new(
                ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/", $path)
            )
            $(.aggregate::<$aggregate>())+
            .positional_events()
            .test();
        } }
    };
}
