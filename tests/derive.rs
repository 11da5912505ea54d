//! What the derives generate, seen from a user's code. Mistakes are in `ui/`, the code itself in `eventsourcing-derive/golden/`.

#[path = "derive/aggregate.rs"]
mod aggregate;
#[path = "derive/event.rs"]
mod event;
#[path = "derive/evolution/mod.rs"]
mod evolution;
#[path = "derive/id.rs"]
mod id;
#[path = "derive/listing.rs"]
mod listing;
#[path = "derive/schema/mod.rs"]
mod schema;
