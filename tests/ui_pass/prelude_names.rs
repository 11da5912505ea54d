//! A user's types may be called like items of the prelude, of the runtime and of the generated code.

#![deny(warnings)]
#![allow(dead_code)]

use eventsourcing::{Aggregate, AggregateId, Event};
use serde::{Deserialize, Serialize};

mod shadows {
    pub struct Send;
    pub struct Sync;
    pub struct Any;
    pub struct Codec;
    pub struct Stage;
    pub struct EventType;
    pub struct Listed;
    pub struct Events;
    pub struct IntoEvents;
    pub struct Cow;
}
#[allow(unused_imports)]
use shadows::*;

macro_rules! events {
    ($($name:ident)+) => { $(
        #[derive(Event, Debug, Clone, Serialize, Deserialize)]
        struct $name;
    )+ };
}

mod named_like_the_prelude {
    use super::*;

    events!(Result Option String Vec Some None Ok Err Box Self_ Into From Default Sized);

    #[derive(AggregateId, Debug, Clone, PartialEq, Eq, Hash)]
    struct Id(u32);

    #[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
    #[aggregate(
        id = Id,
        create(Result as made),
        events(Option, String, Vec, Some as some_event, Ok as ok_event, Err as err_event, Box as r#box),
        discard(Into, From as from_event, Default, Sized)
    )]
    struct Order {
        event: u32,
        id: u32,
    }

    impl OrderHandlers for Order {
        fn made(id: &Id, _: Result) -> Self {
            Self { event: 0, id: id.0 }
        }
        fn option(&mut self, _: Option) {}
        fn string(&mut self, _: String) {}
        fn vec(&mut self, _: Vec) {}
        fn some_event(&mut self, _: Some) {}
        fn ok_event(&mut self, _: Ok) {}
        fn err_event(&mut self, _: Err) {}
        fn r#box(&mut self, _: Box) {}
    }
}

fn main() {}
