//! A user who denies every warning: generated code is documented and silent, also for events less visible than the
//! aggregate. In the library, since nothing of a test is public; `cargo clippy` checks the pedantic part.

#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic
)]

/// What a library would export.
pub mod shop {
    use eventsourcing::prelude::*;
    use serde::{Deserialize, Serialize};

    /// Opened.
    #[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub struct ShopOpened;

    #[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub(crate) struct ShopCleaned;

    #[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[event(version = 2, upcast(ToShopMovedV1))]
    struct ToShopMoved {
        to: [u64; 30],
    }

    #[deprecated = "no longer written"]
    #[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[event(name = "ToShopMoved")]
    struct ToShopMovedV1 {
        to: u64,
    }

    #[allow(deprecated, reason = "old events are still read")]
    impl From<ToShopMovedV1> for ToShopMoved {
        fn from(old: ToShopMovedV1) -> Self {
            Self { to: [old.to; 30] }
        }
    }

    #[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct ShopBuilt;

    impl From<ShopBuilt> for Vec<ShopEvent> {
        fn from(_: ShopBuilt) -> Self {
            vec![ShopOpened.into(), ShopCleaned.into()]
        }
    }

    #[deprecated = "no longer written"]
    #[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct New;

    /// Closed.
    #[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub struct ShopClosed;

    /// A shop, by its number.
    #[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
    #[aggregate(
        id = u64,
        create(ShopOpened),
        events(ShopCleaned, ToShopMoved, New),
        discard(ShopClosed),
        legacy(ShopBuilt),
        retired("ShopSeen"),
        event_derive(PartialEq)
    )]
    pub struct Shop {
        number: u64,
        cleaned: u32,
    }

    impl ShopHandlers for Shop {
        fn shop_opened(id: &u64, _: ShopOpened) -> Self {
            Self {
                number: *id,
                cleaned: 0,
            }
        }

        fn shop_cleaned(&mut self, _: ShopCleaned) {
            self.cleaned += 1;
        }

        fn to_shop_moved(&mut self, event: ToShopMoved) {
            self.number = event.to[0];
        }

        #[allow(deprecated, reason = "old events are still read")]
        fn new(&mut self, _: New) {}
    }

    impl Shop {
        /// How often, and where.
        #[must_use]
        pub fn cleaned(&self) -> (u32, u64) {
            (self.cleaned, self.number)
        }
    }

    /// A shop that was cleaned once.
    #[must_use]
    pub fn cleaned(number: u64) -> Shop {
        let mut shop = Shop::shop_opened(&number, ShopOpened);
        shop.shop_cleaned(ShopCleaned);
        shop
    }
}

/// Types inside, with and without documentation.
pub mod parts {
    use eventsourcing::prelude::*;
    use serde::{Deserialize, Serialize};

    /// A part.
    #[derive(Schema, Debug, Clone, Serialize, Deserialize)]
    pub struct Part<T> {
        /// What it is.
        pub of: T,
        #[serde(default, skip_serializing_if = "Vec::is_empty", alias = "old")]
        more: Vec<Kind>,
    }

    #[deprecated = "no longer made"]
    #[derive(Schema, Debug, Clone, Serialize, Deserialize)]
    struct Old(#[schema(opaque = "u8-v1")] u8);

    #[derive(Schema, Debug, Clone, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Kind {
        One,
        #[allow(deprecated, reason = "old ones are still there")]
        Two {
            old: Old,
            number: u32,
        },
    }

    /// A part without more.
    #[must_use]
    pub fn part() -> Part<u8> {
        Part {
            of: 1,
            more: vec![Kind::One],
        }
    }
}

/// With handlers that the crate sees.
pub mod till {
    use eventsourcing::prelude::*;
    use serde::{Deserialize, Serialize};

    use super::shop::ShopCleaned;

    /// Installed.
    #[derive(Event, Debug, Clone, Serialize, Deserialize)]
    pub struct Installed;

    /// A till, by its number.
    #[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
    #[aggregate(
        id = u64,
        create(Installed),
        events(ShopCleaned),
        handlers(vis = pub(crate))
    )]
    pub enum Till {
        /// With this number.
        Installed(u64),
    }

    impl TillHandlers for Till {
        fn installed(id: &u64, _: Installed) -> Self {
            Self::Installed(*id)
        }

        fn shop_cleaned(&mut self, _: ShopCleaned) {}
    }
}

/// A till, made by the handler.
#[must_use]
pub fn installed(number: u64) -> till::Till {
    use till::{Installed, Till, TillHandlers};
    Till::installed(&number, Installed)
}
