//! Attributes whose events are arguments of a `macro_rules` macro: what is generated has other spans than they have.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

macro_rules! ticket {
    ($created:ident, $changed:ident, $older:ident, $legacy:ident) => {
        #[derive(Event, Clone, Debug, Serialize, Deserialize)]
        #[event(version = 2, upcast($older))]
        struct $changed {
            by: u8,
        }

        impl From<$older> for $changed {
            fn from(old: $older) -> Self {
                Self { by: old.one }
            }
        }

        #[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[aggregate(id = u32, create($created), events($changed), legacy($legacy))]
        struct Ticket {
            sum: u8,
        }

        impl From<$legacy> for Vec<TicketEvent> {
            fn from(old: $legacy) -> Self {
                vec![$changed { by: old.by }.into(); 2]
            }
        }
    };
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
struct Opened;

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
#[event(name = "Raised", version = 1)]
struct RaisedV1 {
    one: u8,
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
struct Doubled {
    by: u8,
}

ticket!(Opened, Raised, RaisedV1, Doubled);

impl TicketHandlers for Ticket {
    fn opened(_: &u32, Opened: Opened) -> Self {
        Self { sum: 0 }
    }

    fn raised(&mut self, event: Raised) {
        self.sum += event.by;
    }
}

/// What the older programs of a ticket stored.
mod before {
    use super::{Deserialize, Doubled, Opened, RaisedV1, Serialize};
    use eventsourcing::prelude::*;

    #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
    #[aggregate(id = u32, create(Opened), events(RaisedV1, Doubled))]
    pub(super) struct Ticket;

    impl TicketHandlers for Ticket {
        fn opened(_: &u32, Opened: Opened) -> Self {
            Self
        }

        fn raised_v1(&mut self, _: RaisedV1) {}

        fn doubled(&mut self, _: Doubled) {}
    }
}

#[tokio::test]
async fn events_from_a_macros_arguments_are_read() {
    let store = eventsourcing::MemoryStore::new();
    let old = Repository::<before::Ticket>::builder(store.clone());
    let old = old.build().unwrap();
    let mut ticket = old.create(1, Opened);
    ticket.record(RaisedV1 { one: 1 });
    ticket.record(Doubled { by: 20 });
    old.save(&mut ticket).await.unwrap();
    let new = Repository::<Ticket>::builder(store).build().unwrap();
    assert_eq!(new.load(1).await.unwrap().sum, 41);
}
