//! The derive macros of the `eventsourcing` crate.

use proc_macro::TokenStream;

/// Derives `Aggregate`.
#[proc_macro_derive(Aggregate, attributes(aggregate))]
pub fn derive_aggregate(_: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Derives `Event`.
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(_: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Derives `AggregateId`.
#[proc_macro_derive(AggregateId, attributes(aggregate))]
pub fn derive_aggregate_id(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
