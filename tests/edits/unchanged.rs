//! Edits that change nothing of what is stored: snapshots stay in use.

use super::{ANY, Begun, Program, Went, unchanged};

no_edit!(nothing
    { before { a: u8 } |n| { a: n } }
    { after { a: u8 } |n| { a: n } });

no_edit!(a_type_moves_to_another_module
{ before { a: Inner } |n| { a: Inner { b: n } } with { struct Inner { b: u8 } } }
{
    after { a: moved::here::Inner } |n| { a: moved::here::Inner { b: n } }
    and { mod moved { pub(crate) mod here { data!(struct Inner { pub(crate) b: u8 }); } } }
});

no_edit!(other_items_move
{
    before { a: Inner, b: Other } |n| { a: Inner { b: n }, b: Other(1) }
    with { struct Inner { b: u8 } struct Other(u8); #[allow(dead_code)] struct Unrelated(u8); }
}
{
    after { a: Inner, b: Other } |n| { a: Inner { b: n }, b: Other(1) }
    with { struct Other(u8); struct Inner { b: u8 } }
});

no_edit!(a_box_is_added
    { before { a: u8, b: Vec<u16> } |n| { a: n, b: vec![1] } }
    { after { a: Box<u8>, b: Box<[Box<u16>]> } |n| { a: Box::new(n), b: vec![Box::new(1)].into() } });

no_edit!(a_type_is_spelt_differently
{ before { a: String, b: [u8; 2], c: Vec<u8> } |n| { a: String::new(), b: [n; 2], c: vec![] } }
{
    after { a: Text, b: [u8; 1 + 1], c: std::vec::Vec<u8> } |n| { a: Text::new(), b: [n; 2], c: vec![] }
    and { type Text = std::string::String; }
});

no_edit!(a_text_is_boxed_or_borrowed
{ before { a: String, b: String } |n| { a: n.to_string(), b: n.to_string() } }
{
    after { a: Box<str>, b: std::borrow::Cow<'static, str> }
    |n| { a: n.to_string().into(), b: n.to_string().into() }
});

no_edit!(other_names_are_read_too
{ before { a: u8, b: Kind } |n| { a: n, b: Kind::One } with { enum Kind { One } } }
{
    after { #[serde(alias = "old")] a: u8, b: Kind } |n| { a: n, b: Kind::One }
    with { enum Kind { #[serde(alias = "Two")] One } }
});

no_edit!(what_is_absent_has_a_default
{ before { a: u8, b: Inner } |n| { a: n, b: Inner { c: n } } with { struct Inner { c: u8 } } }
{
    after { #[serde(default)] a: u8, b: Inner } |n| { a: n, b: Inner { c: n } }
    with { #[derive(Default)] #[serde(default)] struct Inner { c: u8 } }
});

no_edit!(it_is_documented_and_visible
{ before { a: Inner } |n| { a: Inner { b: n } } with { struct Inner { b: u8 } } }
{
    after /** A state. */ { /** A field. */ pub(crate) a: Inner } |n| { a: Inner { b: n } }
    with { /** Inside. */ struct Inner { #[doc(hidden)] pub(crate) b: u8 } }
});

no_edit!(derives_are_reordered
{ before { a: Inner } |n| { a: Inner { b: n } } with { struct Inner { b: u8 } } }
{
    after { a: Inner } |n| { a: Inner { b: n } }
    and {
        #[derive(serde::Deserialize, Clone, PartialEq, Debug, serde::Serialize, Default, eventsourcing::Schema)]
        pub(crate) struct Inner { b: u8 }
    }
});

no_edit!(unknown_fields_are_denied
    { before { a: u8 } |n| { a: n } }
    { after #[serde(deny_unknown_fields)] { a: u8 } |n| { a: n } });

no_edit!(a_name_is_kept_by_serde
{ before { kind: u8, b: Kind } |n| { kind: n, b: Kind::One } with { enum Kind { One } } }
{
    after { #[serde(rename = "kind")] r#type: u8, b: Kind } |n| { r#type: n, b: Kind::First }
    with { enum Kind { #[serde(rename = "One")] First } }
});

no_edit!(a_bound_is_added
{ before { a: Page<u8> } |n| { a: Page { items: vec![n] } } with { struct Page<T> { items: Vec<T> } } }
{
    after { a: Page<u8> } |n| { a: Page { items: vec![n] } }
    and {
        #[derive(eventsourcing::Schema, Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub(crate) struct Page<T: Clone> where T: PartialEq { items: Vec<T> }
    }
});

/// Events and their order play no part: what changes is what a replay of other events gives.
mod the_event_list_grows {
    use super::*;

    program!(before, { a: u8 } |n| { a: n });

    mod after {
        use eventsourcing::prelude::*;
        use serde::{Deserialize, Serialize};

        use super::super::super::{Begun, Program, Went};

        #[derive(Event, Clone, Debug, Serialize, Deserialize)]
        pub(crate) struct Paused;

        #[derive(Event, Clone, Debug, Serialize, Deserialize)]
        pub(crate) struct Ended;

        #[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[aggregate(name = "edited", id = u64, create(Begun), events(Paused, Went), discard(Ended))]
        pub(crate) struct Renamed {
            a: u8,
        }

        impl RenamedHandlers for Renamed {
            fn begun(_: &u64, event: Begun) -> Self {
                Self { a: event.number }
            }

            fn paused(&mut self, _: Paused) {}

            fn went(&mut self, event: Went) {
                self.a = event.number;
            }
        }

        impl Program for Renamed {
            fn begin(repository: &Repository<Self>, number: u8) -> eventsourcing::Root<Self> {
                repository.create(7, Begun { number })
            }

            fn go(root: &mut eventsourcing::Root<Self>, number: u8) {
                root.record(Went { number });
            }
        }
    }

    #[tokio::test]
    async fn is_decided_by_the_shape() {
        unchanged::<before::State, after::Renamed>(ANY).await;
    }
}
