//! The derive macros of the `eventsourcing` crate: entry points and their documentation only.
//!
//! An attribute is read by `attr`, made into a complete picture by `model` with every mistake noted in
//! `validate`, and written out by `expand`. A mistake never stops an expansion: see `expand`.
//! What is generated can be read in the folder `golden`.

mod attr;
mod expand;
#[cfg(test)]
mod golden;
mod model;
mod names;
mod shape;
mod validate;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Makes a struct or an enum the state of an aggregate.
///
/// ```ignore
/// use eventsourcing::prelude::*;
///
/// #[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
/// #[aggregate(
///     name = "order",
///     id = Uuid,
///     schema_version = 1,
///     snapshot_codec = eventsourcing::codec::Json,
///     create(OrderCreated),
///     events(ItemAdded, basket::ItemAdded as basket_item_added, Noted<u32>),
///     discard(OrderDiscarded),
///     legacy(OrderPlaced),
///     retired("ItemSeen"),
///     handlers(vis = pub(crate), name = OrderMutator),
///     event = OrderHappening,
///     event_derive(PartialEq),
///     crate = ::eventsourcing,
/// )]
/// pub struct Order {
///     items: Vec<Item>,
/// }
///
/// impl OrderMutator for Order {
///     fn order_created(id: &Uuid, event: OrderCreated) -> Self { /* … */ }
///     fn item_added(&mut self, event: ItemAdded) { /* … */ }
///     fn basket_item_added(&mut self, event: basket::ItemAdded) { /* … */ }
///     fn noted(&mut self, event: Noted<u32>) { /* … */ }
/// }
/// ```
///
/// | Key | What it says | Default |
/// |---|---|---|
/// | `id = Type` | the type of the id, as visible as the aggregate | required |
/// | `create(Event, …)` | the events that bring one into being | required |
/// | `events(Event, …)` | the events that change one | none |
/// | `discard(Event, …)` | the events that end the life of one | none |
/// | `legacy(Event, …)` | events of earlier programs: a row of one is read as any number of events | none |
/// | `retired("text", …)` | names of rows that are read as no event | none |
/// | `name = "text"` | the stored name, 1 to 128 bytes without `/` and control characters | the type's name in snake case |
/// | `schema_version = N` | bumped, it makes stored snapshots stale; from 1 | 1 |
/// | `snapshot_codec = Type` | the codec of snapshots | `Bincode` |
/// | `handlers(vis = pub(crate), name = Name)` | visibility and name of the handler trait | private, `<Type>Handlers` |
/// | `event = Name` | the name of the event enum | `<Type>Event` |
/// | `event_derive(Trait, …)` | what the event enum derives beside `Clone` and `Debug` | nothing |
/// | `crate = path` | where the runtime crate is | `::eventsourcing` |
///
/// An event in a list is a path, `as` the name of its handler where the default one won't do: that is the last
/// segment in snake case (`HTTPMoved` is handled by `http_moved`), its variant the last segment as it is. Each event
/// stands in one list, once.
///
/// An event of `legacy(…)` has neither variant nor handler, but `impl From<OrderPlaced> for Vec<OrderEvent>`; creation
/// and discard may be among what it becomes. Whatever a row is read as, it is one version of its stream. All stored
/// names and aliases differ, those of older versions and of `retired(…)` included. Bump `schema_version` with a change of
/// what either yields.
///
/// Generated are the event enum, as visible as the aggregate, with `From` for each event; the handler trait, with a
/// function for each event of `create(…)` and `events(…)`; and the implementations of `Aggregate`, `CreateOf`,
/// `EventOf`, `DiscardOf` and `IntoEvents`.
///
/// The type has no parameters, and is `Clone`, `Debug`, `Serialize`, `DeserializeOwned`, `Send` and `Sync`.
#[proc_macro_derive(Aggregate, attributes(aggregate, schema))]
pub fn derive_aggregate(input: TokenStream) -> TokenStream {
    expand::aggregate(&parse_macro_input!(input)).into()
}

/// Makes a struct or an enum an event.
///
/// ```ignore
/// #[derive(Event, Debug, Clone, Serialize, Deserialize)]
/// #[event(name = "item-added", version = 2, upcast(ItemAddedV1), alias = "ItemPut")]
/// pub struct ItemAdded {
///     pub sku: String,
///     pub quantity: u32,
/// }
///
/// #[derive(Event, Debug, Clone, Serialize, Deserialize)]
/// #[event(name = "item-added", version = 1)]
/// pub struct ItemAddedV1 {
///     pub sku: String,
/// }
///
/// impl From<ItemAddedV1> for ItemAdded { /* … */ }
/// ```
///
/// | Key | What it says | Default |
/// |---|---|---|
/// | `name = "text"` | the stored name, 1 to 128 bytes without `/` and control characters | the type's name |
/// | `version = N` | the version of its shape, from 1 | 1 |
/// | `upcast(Event)` | the event of the version before, rows of which are read as this one | none |
/// | `alias = "text"` | an older name that is read as this event, and at each version as that one's type; may be repeated | none |
/// | `crate = path` | where the runtime crate is | `::eventsourcing` |
///
/// Versions of an event share a name and step by one; each names the one before it, and only the newest stands in the
/// lists of an aggregate. An alias on the newest covers the older ones. A `version` above 1 needs `upcast(…)`: `upcast()`, where no row of an older version was ever
/// stored.
///
/// The type may have type and const parameters, but no lifetimes: an event owns what it says. It is `Clone`, `Debug`,
/// `Serialize`, `DeserializeOwned`, `Send` and `Sync`.
#[proc_macro_derive(Event, attributes(event, schema))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    expand::event(&parse_macro_input!(input)).into()
}

/// Makes a newtype of an id an id, with the same text form.
///
/// ```ignore
/// #[derive(AggregateId, Debug, Clone, PartialEq, Eq, Hash)]
/// pub struct OrderId(Uuid);
/// ```
///
/// The one field may have a name. `#[aggregate_id(crate = path)]` says where the runtime crate is.
#[proc_macro_derive(AggregateId, attributes(aggregate_id))]
pub fn derive_aggregate_id(input: TokenStream) -> TokenStream {
    expand::aggregate_id(&parse_macro_input!(input)).into()
}

/// Describes the shape of a struct or an enum that stands in a state or an event, so that no change of it goes unnoticed.
///
/// `derive(Aggregate)` and `derive(Event)` do this for their own types.
///
/// ```ignore
/// #[derive(Schema, Clone, Debug, Serialize, Deserialize)]
/// pub struct Stop {
///     at: DateTime<Utc>,
///     #[schema(opaque(geo::Point = "geo-0.28"))]
///     path: Vec<geo::Point>,
///     #[serde(with = "cents")]
///     #[schema(opaque = "cents-v1")]
///     fare: Money,
///     #[serde(skip)]
///     #[schema(trusted)]
///     cache: Cache,
/// }
/// ```
///
/// | On | Attribute | What it says |
/// |---|---|---|
/// | a field | `opaque(Type = "text")` | this type, wherever it stands in the field's type, is written in the form of this name: for types of other crates; may list several |
/// | a field, a type | `opaque = "text"` | the whole is written in the form of this name; required with `#[serde(with = …)]` |
/// | a field | `trusted` | what is written reads back as the same value, or needn't: accepts what is refused otherwise |
/// | a variant, an enum | `trusted` | the same for `untagged` and for skipped variants; their fields say it for themselves |
/// | a type | `crate = path` | where the runtime crate is, `::eventsourcing` by default |
///
/// A form's name changes when the form does: bump it with the other crate's version, if that writes other bytes.
///
/// A type of `opaque(Type = "text")` may stand in another one that asks it to be `Clone`, `Debug`, `Default`, `Hash` or to be
/// compared. If `Priced<geo::Point>` asks for a trait of another kind, the whole field takes a form: `opaque = "text"`.
///
/// The serde attributes that change what is written are part of the shape. Type parameters that are written are `Schema`.
#[proc_macro_derive(Schema, attributes(schema))]
pub fn derive_schema(input: TokenStream) -> TokenStream {
    expand::schema(&parse_macro_input!(input)).into()
}

/// `"path" { body }`: a test of that body, named after the file. For `eventsourcing::schema_lock!`.
#[doc(hidden)]
#[proc_macro]
pub fn schema_lock_test(input: TokenStream) -> TokenStream {
    expand::lock_test(&parse_macro_input!(input)).into()
}
