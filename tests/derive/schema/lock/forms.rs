//! Forms of types that the lock's text must hold: what it says of a program is what it reads of it.

use eventsourcing::{codec::Json, prelude::*, schema::lock::SchemaLock};
use serde::{Deserialize, Serialize};

use super::changed;

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

/// An amount of what has a long name, of this scale and this currency.
macro_rules! amount {
    ($module:ident, $scale:literal, $currency:ident, $payload:ident) => {
        mod $module {
            use std::marker::PhantomData;

            use eventsourcing::prelude::*;
            use serde::{Deserialize, Serialize};

            #[derive(Schema, Clone, Debug, Serialize, Deserialize)]
            pub(super) struct $payload {
                t: u32,
            }

            #[derive(Schema, Clone, Debug, Serialize, Deserialize)]
            pub(super) struct AnEnvelopeForWhateverIsPaidByCustomersOfAllRegionsAndCountries<T>(T);

            type Envelope<T> = AnEnvelopeForWhateverIsPaidByCustomersOfAllRegionsAndCountries<T>;

            #[derive(Clone, Debug)]
            pub(super) struct $currency;

            #[derive(Schema, Clone, Debug, Serialize, Deserialize)]
            pub(super) struct AmountThatIsPaidByCustomersOfAllRegionsAndCountries<
                T,
                const SCALE: u32,
                C,
            > {
                of: T,
                units: u64,
                currency: PhantomData<C>,
            }

            type Amount<T, const SCALE: u32, C> =
                AmountThatIsPaidByCustomersOfAllRegionsAndCountries<T, SCALE, C>;

            #[derive(Event, Clone, Debug, Serialize, Deserialize)]
            pub(super) struct Paid {
                a: Amount<Envelope<Envelope<$payload>>, $scale, $currency>,
            }

            #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
            #[aggregate(id = u32, create(Paid))]
            pub(super) struct Payment;

            impl PaymentHandlers for Payment {
                fn paid(_: &u32, _: Paid) -> Self {
                    unreachable!("the test runs no handler")
                }
            }
        }
    };
}

amount!(cents, 2, Euro, Payload);
amount!(tenths_of_mills, 4, Euro, Payload);
amount!(yen, 2, Yen, Payload);
amount!(of_another, 2, Euro, Content);

#[test]
fn a_long_name_shows_what_no_line_shows() {
    let text = SchemaLock::new("unused")
        .aggregate::<cents::Payment>()
        .text();
    assert!(text.contains("<2, \"Euro\">\n  of: AnEnvelope"), "{text}");
    for report in [
        changed::<cents::Payment, tenths_of_mills::Payment>(),
        changed::<cents::Payment, yen::Payment>(),
    ] {
        assert!(report.refused() > 0, "{report}");
        let expected = "`a` was `AmountThatIsPaidByCustomersOfAllRegionsAndCountries#";
        assert!(report.to_string().contains(expected), "{report}");
    }
    // What the lines show is compared there.
    let report = changed::<cents::Payment, of_another::Payment>();
    assert_eq!(report.refused(), 0, "{report}");
    assert!(!report.is_empty(), "{report}");
    let report = changed::<cents::Payment, cents::Payment>();
    assert!(report.is_empty(), "{report}");
}
