//! `impl Aggregate`: names, versions, the event table, and the way in to the mutator and the codec.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::codec;
use crate::{
    attr::Stage,
    model::{Aggregate, Event},
    names,
};

/// ```ignore
/// impl Aggregate for Order {
///     type Id = Uuid;
///     type Event = OrderEvent;
///     type SnapshotCodec = DefaultSnapshotCodec;
///     const NAME: &'static str = "order";
///     const SCHEMA_VERSION: u32 = 1;
///     const FIELDS: &'static [&'static str] = &["customer", "items"];
///     const EVENTS: &'static [EventType] = &[__private::event_type::<OrderEvent, __E0>(Stage::Create)];
///     fn __begin(__id: &Uuid, __event: OrderEvent) -> Result<Self, OrderEvent> {
///         <Self as __Mutator>::__begin(__id, __event)
///     }
///     /* __apply, __index, __payload, __encode, __decode */
/// }
/// const _: () = if __private::is_name_taken(<Order as Aggregate>::EVENTS, 1) { panic!("…") };
/// ```
pub(super) fn expand(model: &Aggregate) -> TokenStream {
    let Aggregate {
        krate,
        ident,
        event_enum,
        id,
        name,
        schema_version,
        fields,
        ..
    } = model;
    let private = model.private();
    let snapshot_codec = match &model.snapshot_codec {
        Some(codec) => quote!(#codec),
        None => quote!(#private::DefaultSnapshotCodec),
    };
    let event_types = event_types(model);
    let mutator = mutator(model);
    let index_and_payload = index_and_payload(model);
    let encode = codec::expand_encode(model);
    let decode = codec::expand_decode(model);
    let (impl_generics, ty_generics, _) = model.generics.split_for_impl();
    let bounds = bounds(model);
    let unique_names = unique_names(model);
    quote! {
        #[automatically_derived]
        impl #impl_generics #krate::Aggregate for #ident #ty_generics #bounds {
            type Id = #id;
            type Event = #event_enum;
            type SnapshotCodec = #snapshot_codec;
            const NAME: &'static ::core::primitive::str = #name;
            const SCHEMA_VERSION: ::core::primitive::u32 = #schema_version;
            const FIELDS: &'static [&'static ::core::primitive::str] = &[#(#fields),*];
            const EVENTS: &'static [#private::EventType] = &[#(#event_types),*];
            #mutator
            #index_and_payload
            #encode
            #decode
        }
        #unique_names
    }
}

/// What the impl of a type with parameters would need; they are refused, but should cause one error only.
pub(super) fn bounds(model: &Aggregate) -> TokenStream {
    let (_, ty_generics, where_clause) = model.generics.split_for_impl();
    if model.generics.params.is_empty() {
        return quote!(#where_clause);
    }
    let (private, ident) = (model.private(), &model.ident);
    let predicates = where_clause.map(|clause| &clause.predicates);
    quote! {
        where
            #ident #ty_generics: ::core::clone::Clone
                + ::core::fmt::Debug
                + #private::serde::Serialize
                + #private::serde::de::DeserializeOwned
                + ::core::marker::Send
                + ::core::marker::Sync
                + 'static,
            #predicates
    }
}

fn event_types(model: &Aggregate) -> impl Iterator<Item = TokenStream> {
    let private = model.private();
    model.events.iter().map(move |Event { alias, stage, .. }| {
        let event_enum = &model.event_enum;
        let stage = match stage {
            Stage::Create => quote!(Create),
            Stage::Change => quote!(Change),
            Stage::Discard => quote!(Discard),
        };
        quote_spanned! {alias.span()=>
            #private::event_type::<#event_enum, #alias>(#private::Stage::#stage)
        }
    })
}

fn mutator(model: &Aggregate) -> TokenStream {
    let Aggregate { id, event_enum, .. } = model;
    quote! {
        fn __begin(
            __id: &#id,
            __event: #event_enum,
        ) -> ::core::result::Result<Self, #event_enum> {
            <Self as __Mutator>::__begin(__id, __event)
        }

        fn __apply(
            &mut self,
            __event: #event_enum,
        ) -> ::core::result::Result<(), #event_enum> {
            <Self as __Mutator>::__apply(self, __event)
        }
    }
}

/// ```ignore
/// fn __index(__event: &OrderEvent) -> usize {
///     match *__event {
///         OrderEvent::OrderCreated(_) => 0usize,
///     }
/// }
/// fn __payload(__event: &OrderEvent) -> &(dyn Any + Send + Sync) {
///     match *__event {
///         OrderEvent::OrderCreated(ref __event) => __private::payload::<OrderEvent, __E0>(__event),
///     }
/// }
/// ```
fn index_and_payload(model: &Aggregate) -> TokenStream {
    let event_enum = &model.event_enum;
    let private = model.private();
    let indexes = model.events.iter().enumerate().map(|(index, event)| {
        let variant = &event.variant;
        quote!(#event_enum::#variant(_) => #index)
    });
    let payloads = model.events.iter().map(|Event { variant, alias, .. }| {
        quote_spanned! {alias.span()=>
            #event_enum::#variant(ref __event) => #private::payload::<#event_enum, #alias>(__event)
        }
    });
    quote! {
        fn __index(__event: &#event_enum) -> ::core::primitive::usize {
            match *__event {
                #(#indexes,)*
            }
        }

        fn __payload(
            __event: &#event_enum,
        ) -> &(dyn ::core::any::Any + ::core::marker::Send + ::core::marker::Sync) {
            match *__event {
                #(#payloads,)*
            }
        }
    }
}

/// Names are constants of types that the macro can't see into: compared when the program is compiled.
fn unique_names(model: &Aggregate) -> TokenStream {
    let Aggregate { krate, ident, .. } = model;
    if !model.generics.params.is_empty() {
        return TokenStream::new();
    }
    let private = model.private();
    let checks = model.events.iter().enumerate().skip(1).map(|(index, event)| {
        let shown = names::shown(&event.path);
        let message = format!(
            "`{shown}` has a stored name or alias that another event of `{ident}` has: give it its own, as in `#[event(name = \"...\")]`"
        );
        quote_spanned! {event.span()=>
            const _: () = if #private::is_name_taken(<#ident as #krate::Aggregate>::EVENTS, #index) {
                ::core::panic!(#message)
            };
        }
    });
    quote!(#(#checks)*)
}
