//! Edits as they are written down: macros that make two programs and a test of them.

/// Types with the derives that all of them have.
macro_rules! data {
    () => {};
    ($(#[$attribute:meta])* $kind:ident $name:ident $(<$($parameter:ident),*>)? { $($body:tt)* } $($more:tt)*) => {
        #[derive(
            eventsourcing::Schema, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        $(#[$attribute])*
        pub(crate) $kind $name $(<$($parameter),*>)? { $($body)* }
        data!($($more)*);
    };
    ($(#[$attribute:meta])* struct $name:ident ( $($body:tt)* ); $($more:tt)*) => {
        #[derive(
            eventsourcing::Schema, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        $(#[$attribute])*
        pub(crate) struct $name ( $($body)* );
        data!($($more)*);
    };
}
/// A module with a state and the program around it.
macro_rules! program {
    ($module:ident, $(#[$attribute:meta])* { $($body:tt)* } |$number:pat_param| $made:tt $(with { $($types:tt)* })? $(and { $($items:item)* })?) => {
        mod $module {
            #[allow(unused_imports, reason = "each edit needs others")]
            use super::super::*;
            #[allow(unused_imports, reason = "each edit needs others")]
            use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

            $(data!($($types)*);)?
            $($($items)*)?

            #[derive(
                eventsourcing::Aggregate, Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize,
            )]
            // Each repository says its codec; the most that any of these states needs is one that describes itself.
            #[aggregate(name = "edited", id = u64, snapshot_codec = eventsourcing::codec::Json, create(Begun), events(Went))]
            $(#[$attribute])*
            pub(crate) struct State { $($body)* }

            fn made($number: u8) -> State {
                State $made
            }

            impl StateHandlers for State {
                fn begun(_: &u64, event: Begun) -> Self {
                    made(event.number)
                }

                fn went(&mut self, event: Went) {
                    *self = made(event.number);
                }
            }

            impl Program for State {
                fn begin(
                    repository: &eventsourcing::Repository<Self>,
                    number: u8,
                ) -> eventsourcing::Root<Self> {
                    repository.create(7, Begun { number })
                }

                fn go(root: &mut eventsourcing::Root<Self>, number: u8) {
                    root.record(Went { number });
                }
            }
        }
    };
}
macro_rules! compared {
    ($check:ident $codecs:ident $name:ident { before $($before:tt)* } { after $($after:tt)* }) => {
        mod $name {
            program!(before, $($before)*);
            program!(after, $($after)*);

            #[tokio::test]
            async fn is_decided_by_the_shape() {
                super::$check::<before::State, after::State>(super::$codecs).await;
            }
        }
    };
}
/// An edit that must be noticed.
macro_rules! edit {
    ($name:ident $($programs:tt)*) => { compared!(changed ANY $name $($programs)*); };
}
/// An edit of a state that positional codecs can't write.
macro_rules! json_edit {
    ($name:ident $($programs:tt)*) => { compared!(changed SELF_DESCRIBING $name $($programs)*); };
}
/// An edit that changes nothing of what is stored.
macro_rules! no_edit {
    ($name:ident $($programs:tt)*) => { compared!(unchanged ANY $name $($programs)*); };
}
