//! `derive(Event)`: names, versions, aliases, generics, enums.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct Plain;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(
    name = "item-added",
    version = 3,
    upcast(),
    alias = "ItemAdded",
    alias = "ItemPut"
)]
struct Named {
    sku: String,
}

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct Noted<T, const N: usize>(T)
where
    T: Copy;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
enum Paid {
    Cash,
    Card { number: String },
}

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[allow(non_camel_case_types)]
struct r#type;

#[test]
fn defaults_are_the_type_name_and_version_one() {
    assert_eq!(
        (Plain::NAME, Plain::VERSION, Plain::ALIASES),
        ("Plain", 1, &[][..])
    );
    assert_eq!(Paid::NAME, "Paid");
    assert_eq!(r#type::NAME, "type");
}

#[test]
fn name_version_and_aliases_are_as_written() {
    assert_eq!(Named::NAME, "item-added");
    assert_eq!(Named::VERSION, 3);
    assert_eq!(Named::ALIASES, ["ItemAdded", "ItemPut"]);
}

#[test]
fn generic_events_are_events_where_their_parameters_allow() {
    fn name<E: Event>(_: &E) -> &'static str {
        E::NAME
    }
    assert_eq!(name(&Noted::<u32, 2>(7)), "Noted");
}

#[test]
fn fields_are_the_users() {
    let paid = Paid::Card {
        number: "1".to_owned(),
    };
    assert!(matches!(paid, Paid::Card { number } if number == "1"));
    assert!(matches!(Paid::Cash, Paid::Cash));
    assert_eq!(
        Named {
            sku: "a".to_owned()
        }
        .sku,
        "a"
    );
}
