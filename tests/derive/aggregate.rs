//! `derive(Aggregate)` on every kind of type: names, versions, fields, codecs, visibility; encoding by stored name.

use eventsourcing::{
    __private::{DecodeError, Decoded},
    codec::{Bincode, Json},
    prelude::*,
};
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Opened {
    balance: u32,
}

#[derive(Event, Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[event(
    name = "paid-in",
    version = 2,
    upcast(),
    alias = "PaidIn",
    alias = "Deposited"
)]
pub(crate) struct Paid {
    amount: u32,
}

#[derive(Event, Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Closed;

#[derive(Aggregate, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[aggregate(id = u32, create(Opened), events(Paid), discard(Closed))]
pub(crate) struct BankAccount {
    balance: u32,
}

impl BankAccountHandlers for BankAccount {
    fn opened(_: &u32, event: Opened) -> Self {
        Self {
            balance: event.balance,
        }
    }
    fn paid(&mut self, event: Paid) {
        self.balance += event.amount;
    }
}

mod inner {
    use super::{Aggregate, Deserialize, Json, Opened, Paid, Serialize};

    #[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
    #[aggregate(
        name = "lamp",
        id = String,
        schema_version = 7,
        snapshot_codec = Json,
        create(Opened),
        events(Paid),
        handlers(vis = pub(super), name = Switches),
        event = Happening,
        event_derive(PartialEq, Eq, Hash)
    )]
    pub(super) enum Light {
        Off,
        On { level: u32 },
    }

    impl Switches for Light {
        fn opened(_: &String, event: Opened) -> Self {
            match event.balance {
                0 => Self::Off,
                level => Self::On { level },
            }
        }
        fn paid(&mut self, event: Paid) {
            *self = Self::On {
                level: event.amount,
            };
        }
    }
}

macro_rules! aggregate {
    ($vis:vis $name:ident, $handlers:ident, $($item:tt)*) => {
        #[derive(Aggregate, Debug, Clone, Default, Serialize, Deserialize)]
        #[aggregate(id = u32, create(Opened))]
        $($item)*

        impl $handlers for $name {
            fn opened(_: &u32, _: Opened) -> Self {
                Self::default()
            }
        }
    };
}

aggregate!(Unit, UnitHandlers, struct Unit;);
aggregate!(
    Tuple,
    TupleHandlers,
    pub(crate) struct Tuple(
        u32,
        #[serde(skip)]
        #[schema(trusted)]
        (),
        String,
    );
);
aggregate!(
    r#type,
    typeHandlers,
    #[allow(non_camel_case_types)]
    struct r#type {
        r#match: u32,
    }
);
aggregate!(
    Renamed,
    RenamedHandlers,
    #[serde(rename_all = "camelCase")]
    struct Renamed {
        two_words: u32,
        #[serde(rename = "other", default)]
        its_own: u32,
        #[serde(rename(serialize = "out", deserialize = "in"))]
        both_ways: u32,
        #[serde(skip)]
        #[schema(trusted)]
        #[allow(dead_code)]
        skipped: (),
        #[cfg(any())]
        absent: Missing,
        #[cfg(all())]
        present: u32,
    }
);

#[test]
fn defaults() {
    assert_eq!(BankAccount::NAME, "bank_account");
    assert_eq!(BankAccount::SCHEMA_VERSION, 1);
    assert_eq!(BankAccount::FIELDS, ["balance"]);
    assert_eq!(r#type::NAME, "type");
    let codec = <BankAccount as Aggregate>::SnapshotCodec::default();
    assert_eq!(codec, Bincode);
}

#[test]
fn everything_may_be_given() {
    use inner::{Happening, Light, Switches};
    assert_eq!(Light::NAME, "lamp");
    assert_eq!(Light::SCHEMA_VERSION, 7);
    assert_eq!(<Light as Aggregate>::SnapshotCodec::default(), Json);
    let id = "hall".to_owned();
    let mut light = Light::opened(&id, Opened { balance: 0 });
    assert!(matches!(light, Light::Off));
    light.__apply(Paid { amount: 3 }.into()).expect("a change");
    assert!(matches!(light, Light::On { level: 3 }));
    assert_eq!(
        Happening::from(Paid { amount: 3 }),
        Happening::Paid(Paid { amount: 3 })
    );
}

#[test]
fn fields_are_named_as_serde_writes_them() {
    let written = serde_json::to_value(Renamed::default()).expect("a plain struct");
    let mut written: Vec<&String> = written.as_object().expect("a map").keys().collect();
    written.sort();
    let mut fields = Renamed::FIELDS.to_vec();
    assert_eq!(fields, ["twoWords", "other", "out", "present"]);
    fields.sort_unstable();
    assert_eq!(written, fields);
    assert_eq!(r#type::FIELDS, ["match"]);
    assert_eq!(Tuple::FIELDS, ["0", "2"]);
    assert!(Unit::FIELDS.is_empty());
    assert!(inner::Light::FIELDS.is_empty(), "an enum has none");
}

fn decode(name: &str, version: u32, payload: &str) -> Result<BankAccountEvent, DecodeError> {
    match BankAccount::__decode(&Json, name, version, payload.as_bytes())? {
        Decoded::One(event) => Ok(event),
        Decoded::Many(_) => unreachable!("it has no legacy events"),
    }
}

#[test]
fn an_event_is_written_as_its_struct() {
    let mut bytes = b"before ".to_vec();
    let event = BankAccountEvent::from(Paid { amount: 5 });
    BankAccount::__encode(&event, &Json, &mut bytes).expect("plain fields");
    assert_eq!(bytes, br#"before {"amount":5}"#);
}

#[test]
fn an_event_is_read_by_its_name_and_aliases() {
    for name in ["paid-in", "PaidIn", "Deposited"] {
        let event = decode(name, 2, r#"{"amount":5}"#).expect("a stored event");
        assert!(
            matches!(event, BankAccountEvent::Paid(Paid { amount: 5 })),
            "{name}"
        );
    }
    let opened = decode("Opened", 1, r#"{"balance":1}"#).expect("a stored event");
    assert!(matches!(
        opened,
        BankAccountEvent::Opened(Opened { balance: 1 })
    ));
}

#[test]
fn what_it_can_not_read_is_told_apart() {
    assert!(matches!(
        decode("Paid", 2, "{}"),
        Err(DecodeError::UnknownName)
    ));
    assert!(matches!(
        decode("paid-in", 3, r#"{"amount":5}"#),
        Err(DecodeError::UnsupportedVersion { known: 2 })
    ));
    assert!(matches!(
        decode("paid-in", 2, "{"),
        Err(DecodeError::Codec(_))
    ));
}

#[test]
fn markers_follow_the_lists() {
    use eventsourcing::{CreateOf, DiscardOf, EventOf, Events, IntoEvents};
    fn create<E: CreateOf<BankAccount>>(event: E) -> BankAccountEvent {
        event.into()
    }
    fn change<E: EventOf<BankAccount>>(event: E) -> BankAccountEvent {
        event.into()
    }
    fn discard<E: DiscardOf<BankAccount>>(event: E) -> BankAccountEvent {
        event.into()
    }
    assert!(matches!(
        create(Opened { balance: 1 }),
        BankAccountEvent::Opened(_)
    ));
    assert!(matches!(
        change(Paid { amount: 1 }),
        BankAccountEvent::Paid(_)
    ));
    assert!(matches!(discard(Closed), BankAccountEvent::Closed(_)));

    let mut events = Events::<BankAccount>::new();
    (Some(Paid { amount: 1 }), [Paid { amount: 2 }], ()).into_events(&mut events);
    assert_eq!(events.len(), 2);
}

#[test]
fn events_may_be_less_visible_than_the_aggregate() {
    use eventsourcing_tests::strict;
    assert_eq!(strict::shop::cleaned(7).cleaned(), (1, 7));
    assert!(matches!(
        strict::installed(3),
        strict::till::Till::Installed(3)
    ));
    assert_eq!(strict::shop::Shop::EVENTS.len(), 5);
}

#[test]
fn an_aggregate_may_be_declared_in_a_function() {
    #[derive(Event, Debug, Clone, Serialize, Deserialize)]
    struct Local;

    #[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
    #[aggregate(id = u32, create(Local))]
    struct Nested;

    impl NestedHandlers for Nested {
        fn local(_: &u32, _: Local) -> Self {
            Self
        }
    }
    assert!(Nested::__begin(&1, Local.into()).is_ok());
}
