//! `cqrs-es` 0.5 with the same events and the same state.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use std::convert::Infallible;

use cqrs_es::{Aggregate, DomainEvent, event_sink::EventSink, persist::EventStoreAggregateContext};
use serde::{Deserialize, Serialize};

use crate::domain::{Item, Totals};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum OrderEvent {
    Opened(Item),
    ItemAdded(Item),
}

impl OrderEvent {
    pub(crate) fn of_version(version: u64) -> Self {
        let item = Item::of_version(version);
        if version == 1 {
            Self::Opened(item)
        } else {
            Self::ItemAdded(item)
        }
    }

    pub(crate) fn item(&self) -> &Item {
        let (Self::Opened(item) | Self::ItemAdded(item)) = self;
        item
    }
}

impl DomainEvent for OrderEvent {
    fn event_type(&self) -> String {
        match self {
            Self::Opened(_) => "Opened".to_owned(),
            Self::ItemAdded(_) => "ItemAdded".to_owned(),
        }
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) totals: Totals,
}

/// Adds the item that is next by the state.
#[derive(Debug)]
pub(crate) struct AddNext;

impl Aggregate for Order {
    const TYPE: &'static str = "order";
    type Command = AddNext;
    type Event = OrderEvent;
    type Error = Infallible;
    type Services = ();

    async fn handle(
        &mut self,
        _: AddNext,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Infallible> {
        sink.write(OrderEvent::of_version(self.totals.items + 1), self)
            .await;
        Ok(())
    }

    fn apply(&mut self, event: OrderEvent) {
        self.totals.add(event.item());
    }
}

/// What it takes to append behind this many events without a load.
pub(crate) fn context(id: &str, events: u64) -> EventStoreAggregateContext<Order> {
    EventStoreAggregateContext {
        aggregate_id: id.to_owned(),
        aggregate: Order::default(),
        current_sequence: usize::try_from(events).unwrap_or(usize::MAX),
        current_snapshot: None,
    }
}
