//! The derive macros of the `eventsourcing` crate: entry points and their documentation only.
//!
//! An attribute is read by `attr`, made into a complete picture by `model` with every mistake noted in
//! `validate`, and written out by `expand`. A mistake never stops an expansion: see `expand`.

mod attr;
mod expand;
mod model;
mod names;
mod validate;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Derives `Aggregate`.
#[proc_macro_derive(Aggregate, attributes(aggregate))]
pub fn derive_aggregate(input: TokenStream) -> TokenStream {
    expand::aggregate(&parse_macro_input!(input)).into()
}

/// Derives `Event`.
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    expand::event(&parse_macro_input!(input)).into()
}

/// Derives `AggregateId`.
#[proc_macro_derive(AggregateId, attributes(aggregate_id))]
pub fn derive_aggregate_id(input: TokenStream) -> TokenStream {
    expand::aggregate_id(&parse_macro_input!(input)).into()
}
