//! The runtime crate may be reached by another path.

#![deny(warnings)]

mod vendored {
    pub mod es {
        pub use eventsourcing::*;
    }
}
mod eventsourcing_is_shadowed {
    use crate::vendored::es;
    use serde::{Deserialize, Serialize};

    #[derive(es::AggregateId, Debug, Clone, PartialEq, Eq, Hash)]
    #[aggregate_id(crate = es)]
    pub struct Id(u32);

    #[derive(es::Event, Debug, Clone, Serialize, Deserialize)]
    #[event(crate = crate::vendored::es)]
    pub struct Opened;

    #[derive(es::Aggregate, Debug, Clone, Serialize, Deserialize)]
    #[aggregate(crate = es, id = Id, create(Opened))]
    pub struct Account;

    impl AccountHandlers for Account {
        fn opened(_: &Id, _: Opened) -> Self {
            Self
        }
    }

    pub fn id() -> Id {
        Id(7)
    }
}

fn main() {
    use eventsourcing::{Aggregate, AggregateId};
    assert_eq!(eventsourcing_is_shadowed::Account::NAME, "account");
    assert_eq!(eventsourcing_is_shadowed::id().to_text(), "7");
}
