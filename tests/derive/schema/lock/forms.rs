//! Forms of types that the lock's text must hold: what it says of a program is what it reads of it.

use eventsourcing::{codec::Json, prelude::*, schema::lock::SchemaLock};
use serde::{Deserialize, Serialize};

/// Contains itself through a type that has no block of its own.
#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Loop(Vec<Loop>);

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename = "Ev")]
struct Tagged {
    at: u8,
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
struct Begun {
    around: Loop,
    tagged: Tagged,
}

#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u32, snapshot_codec = Json, create(Begun))]
#[serde(tag = "kind")]
struct Order {
    around: Loop,
    tagged: Option<Tagged>,
}

impl OrderHandlers for Order {
    fn begun(_: &u32, _: Begun) -> Self {
        unreachable!("the test runs no handler")
    }
}

#[test]
fn the_lock_reads_what_it_writes() {
    let lock = SchemaLock::new("unused").aggregate::<Order>();
    let text = lock.text();
    assert!(text.contains("(tag \"type\", named \"Ev\")"), "{text}");
    let report = lock.compare(&text).unwrap();
    assert!(report.is_empty(), "{report}");
    let changed = text.replace("Vec<Loop>", "VecDeque<Loop>");
    assert_ne!(changed, text);
    assert!(!lock.compare(&changed).unwrap().passes());
}

/// With arguments that are longer than a name may be.
#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct Pair<A, B>(A, B);

type Four = Pair<Pair<Tagged, Tagged>, Pair<Tagged, Tagged>>;
type Sixteen = Pair<Pair<Four, Four>, Pair<Four, Four>>;

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
struct Paired {
    all: Sixteen,
}

#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u32, create(Paired))]
struct Pairs;

impl PairsHandlers for Pairs {
    fn paired(_: &u32, _: Paired) -> Self {
        unreachable!("the test runs no handler")
    }
}

#[test]
fn the_file_says_what_a_number_in_a_name_is() {
    let comment = "\n# `Name#0a1b2c3d`: in place of the arguments of `Name`";
    let lock = SchemaLock::new("unused").aggregate::<Pairs>();
    let text = lock.text();
    assert!(text.contains("\nstruct Pair#"), "{text}");
    assert!(text.contains(comment), "{text}");
    assert!(lock.compare(&text).unwrap().is_empty());
    let other = SchemaLock::new("unused").aggregate::<Order>().text();
    assert!(!other.contains(comment), "{other}");
}
