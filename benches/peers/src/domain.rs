//! What every subject stores: an order whose events have seven fields, five of them texts, about 150 bytes as JSON.
//!
//! Each event says by its version what is in it, and the state depends on their order: so whoever reads can tell whether
//! anything was lost, doubled, changed or put out of order.

use std::convert::Infallible;

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

/// What an order's events carry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub(crate) struct Item {
    pub(crate) product_id: String,
    pub(crate) name: String,
    pub(crate) quantity: u32,
    pub(crate) unit_cents: i64,
    pub(crate) currency: String,
    pub(crate) warehouse: String,
    pub(crate) note: String,
}

impl Item {
    /// The one of the stream's event of this version.
    pub(crate) fn of_version(version: u64) -> Self {
        Self {
            product_id: "550e8400-e29b-41d4-a716-446655440000".to_owned(),
            name: "Premium Widget".to_owned(),
            quantity: quantity(version),
            unit_cents: 9_999,
            currency: "EUR".to_owned(),
            warehouse: "AMS-1".to_owned(),
            note: "gift".to_owned(),
        }
    }
}

/// What the event of this version says.
pub(crate) fn quantity(version: u64) -> u32 {
    u32::try_from(version.wrapping_mul(7_919) % 1_000).unwrap_or_default()
}

/// The next of a row of numbers that look as if drawn at random, the same in each run.
pub(crate) fn draw(last: &mut u64) -> u64 {
    *last = last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    *last >> 33
}

/// The state: small, and another one for any other events or order of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub(crate) struct Totals {
    pub(crate) items: u64,
    pub(crate) quantity: u64,
    pub(crate) digest: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, item: &Item) {
        self.add_quantity(item.quantity);
    }

    fn add_quantity(&mut self, quantity: u32) {
        self.items += 1;
        self.quantity += u64::from(quantity);
        // 32 bits: JSON in other languages has no more than 53.
        self.digest = (self.digest * 31 + u64::from(quantity)) % (1 << 32);
    }

    /// The state of an order with this many events.
    pub(crate) fn after(events: u64) -> Self {
        let mut totals = Self::default();
        (1..=events).for_each(|version| totals.add_quantity(quantity(version)));
        totals
    }
}

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Opened(pub(crate) Item);

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ItemAdded(pub(crate) Item);

#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(name = "order", id = String, create(Opened), events(ItemAdded))]
pub(crate) struct Order {
    pub(crate) totals: Totals,
}

impl OrderHandlers for Order {
    fn opened(_: &String, event: Opened) -> Self {
        let mut totals = Totals::default();
        totals.add(&event.0);
        Self { totals }
    }

    fn item_added(&mut self, event: ItemAdded) {
        self.totals.add(&event.0);
    }
}

impl Order {
    /// Decides by the state what comes next.
    #[allow(clippy::unnecessary_wraps, reason = "the form of a command")]
    pub(crate) fn add_next(&self) -> Result<ItemAdded, Infallible> {
        Ok(ItemAdded(Item::of_version(self.totals.items + 1)))
    }
}

/// A state of 600 KB.
#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(name = "large", id = String, create(Filled), events(Changed))]
pub(crate) struct Large {
    pub(crate) rows: Vec<Row>,
    pub(crate) changes: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub(crate) struct Row {
    pub(crate) key: u64,
    pub(crate) text: String,
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Filled {
    pub(crate) rows: u64,
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Changed {
    pub(crate) by: u64,
}

impl LargeHandlers for Large {
    fn filled(_: &String, event: Filled) -> Self {
        let row = |key| Row {
            key,
            text: format!("row {key:070}"),
        };
        Self {
            rows: (0..event.rows).map(row).collect(),
            changes: 0,
        }
    }

    fn changed(&mut self, event: Changed) {
        self.changes += event.by;
    }
}
