//! Generated code names nothing that a prelude would have to supply.

#![no_implicit_prelude]
#![deny(warnings)]

mod domain {
    #[derive(
        ::eventsourcing::Event,
        ::std::fmt::Debug,
        ::std::clone::Clone,
        ::serde::Serialize,
        ::serde::Deserialize,
    )]
    #[event(name = "order-created", alias = "Created", version = 2, upcast(OrderCreatedV1))]
    pub struct OrderCreated {
        pub customer: ::std::string::String,
    }

    #[derive(
        ::eventsourcing::Event,
        ::std::fmt::Debug,
        ::std::clone::Clone,
        ::serde::Serialize,
        ::serde::Deserialize,
    )]
    #[event(name = "order-created")]
    pub struct OrderCreatedV1;

    impl ::std::convert::From<OrderCreatedV1> for OrderCreated {
        fn from(_: OrderCreatedV1) -> Self {
            Self {
                customer: ::std::string::String::new(),
            }
        }
    }

    #[derive(
        ::eventsourcing::Event,
        ::std::fmt::Debug,
        ::std::clone::Clone,
        ::serde::Serialize,
        ::serde::Deserialize,
    )]
    pub struct Placed;

    impl ::std::convert::From<Placed> for ::std::vec::Vec<OrderEvent> {
        fn from(_: Placed) -> Self {
            ::std::vec::Vec::new()
        }
    }

    #[derive(
        ::eventsourcing::Event,
        ::std::fmt::Debug,
        ::std::clone::Clone,
        ::serde::Serialize,
        ::serde::Deserialize,
    )]
    #[event(version = 2, upcast(NotedV1<T>))]
    pub struct Noted<T>(pub T);

    #[derive(
        ::eventsourcing::Event,
        ::std::fmt::Debug,
        ::std::clone::Clone,
        ::serde::Serialize,
        ::serde::Deserialize,
    )]
    #[event(name = "Noted")]
    pub struct NotedV1<T>(pub T);

    impl<T> ::std::convert::From<NotedV1<T>> for Noted<T> {
        fn from(old: NotedV1<T>) -> Self {
            Self(old.0)
        }
    }

    #[derive(
        ::eventsourcing::Event,
        ::std::fmt::Debug,
        ::std::clone::Clone,
        ::serde::Serialize,
        ::serde::Deserialize,
    )]
    pub struct Discarded;

    #[derive(
        ::eventsourcing::AggregateId,
        ::std::fmt::Debug,
        ::std::clone::Clone,
        ::std::cmp::PartialEq,
        ::std::cmp::Eq,
        ::std::hash::Hash,
    )]
    pub struct OrderId(pub ::std::primitive::u64);

    #[derive(
        ::eventsourcing::Aggregate,
        ::std::fmt::Debug,
        ::std::clone::Clone,
        ::serde::Serialize,
        ::serde::Deserialize,
    )]
    #[aggregate(
        id = OrderId,
        create(OrderCreated),
        events(Noted<::std::primitive::u32>),
        discard(Discarded),
        legacy(Placed),
        retired("Seen")
    )]
    pub struct Order {
        customer: ::std::string::String,
        notes: ::std::vec::Vec<::std::primitive::u32>,
    }

    impl OrderHandlers for Order {
        fn order_created(_: &OrderId, event: OrderCreated) -> Self {
            Order {
                customer: event.customer,
                notes: ::std::vec::Vec::new(),
            }
        }

        fn noted(&mut self, event: Noted<::std::primitive::u32>) {
            ::std::vec::Vec::push(&mut self.notes, event.0);
        }
    }

    pub fn customer(order: &Order) -> &::std::primitive::str {
        &order.customer
    }
}

fn main() {
    let store = ::eventsourcing::store::MemoryStore::new();
    let orders = ::eventsourcing::Repository::<domain::Order>::builder(store);
    let orders = ::std::result::Result::unwrap(orders.build());
    let event = domain::OrderCreated {
        customer: ::std::convert::From::from("ada"),
    };
    let order = orders.create(domain::OrderId(1), event);
    ::std::assert_eq!(domain::customer(order.state()), "ada");
}
