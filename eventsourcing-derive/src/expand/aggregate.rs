//! `impl Aggregate`: names, versions, the event table, and the way in to the mutator and the codec.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};

use super::codec;
use crate::{
    model::Aggregate,
    names,
    shape::{Demand, Keeping},
};

/// ```text
/// const __EVENTS: &[EventType] = &[__e0().0, __e1().0];
/// const __LEGACY: &[EventVersion] = &[__l0().0];
/// impl Aggregate for Order {
///     type Id = Uuid;
///     type Event = OrderEvent;
///     type SnapshotCodec = DefaultSnapshotCodec;
///     const NAME: &'static str = "order";
///     const SCHEMA_VERSION: u32 = 1;
///     const FIELDS: &'static [&'static str] = &["customer", "items"];
///     const EVENTS: &'static [EventType] = __EVENTS;
///     const LEGACY: &'static [EventVersion] = __LEGACY;
///     const RETIRED: &'static [&'static str] = &["ItemSeen"];
///     fn __begin(__id: &Uuid, __event: OrderEvent) -> Result<Self, OrderEvent> {
///         <__Mutator<Self>>::__begin(__id, __event)
///     }
///     /* __apply, __equals, __index, __payload, __encode, __decode */
/// }
/// const _: () = if __private::is_name_taken(__EVENTS, __LEGACY, 1) { panic!("…") };
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
        retired,
        ..
    } = model;
    let private = model.private();
    let default_codec = quote!(#private::DefaultSnapshotCodec);
    let given_codec = model.snapshot_codec.as_ref();
    let snapshot_codec = given_codec.map_or(default_codec, ToTokens::to_token_stream);
    let event_types = model.events.iter().map(|event| {
        let listed = &event.listed;
        quote!(#listed().0)
    });
    let legacy_types = model.legacy.iter().map(|legacy| {
        let stored = &legacy.stored;
        quote!(#stored().0)
    });
    let mutator = mutator(model);
    let equals = equals(model);
    let index_and_payload = index_and_payload(model);
    let encode = codec::expand_encode(model);
    let decode = codec::expand_decode(model);
    let (impl_generics, ty_generics, _) = model.generics.split_for_impl();
    let bounds = bounds(model);
    let unique_names = unique_names(model);
    quote! {
        const __EVENTS: &[#private::EventType] = &[#(#event_types),*];
        const __LEGACY: &[#private::EventVersion] = &[#(#legacy_types),*];
        #[automatically_derived]
        impl #impl_generics #krate::Aggregate for #ident #ty_generics #bounds {
            type Id = #id;
            type Event = #event_enum;
            type SnapshotCodec = #snapshot_codec;
            const NAME: &'static ::core::primitive::str = #name;
            const SCHEMA_VERSION: ::core::primitive::u32 = #schema_version;
            const FIELDS: &'static [&'static ::core::primitive::str] = &[#(#fields),*];
            const EVENTS: &'static [#private::EventType] = __EVENTS;
            const LEGACY: &'static [#private::EventVersion] = __LEGACY;
            const RETIRED: &'static [&'static ::core::primitive::str] = &[#(#retired),*];
            #mutator
            #equals
            #index_and_payload
            #encode
            #decode
        }
        #unique_names
    }
}

/// What the impl of a type with parameters would need; they are refused, but should cause one error only.
fn bounds(model: &Aggregate) -> TokenStream {
    let (_, ty_generics, where_clause) = model.generics.split_for_impl();
    if model.generics.params.is_empty() {
        return quote!(#where_clause);
    }
    let (krate, private, ident) = (&model.krate, model.private(), &model.ident);
    let predicates = where_clause.map(|clause| &clause.predicates);
    quote! {
        where
            #ident #ty_generics: ::core::clone::Clone
                + ::core::fmt::Debug
                + #private::serde::Serialize
                + #private::serde::de::DeserializeOwned
                + ::core::marker::Send
                + ::core::marker::Sync
                + #krate::Schema,
            #predicates
    }
}

fn mutator(model: &Aggregate) -> TokenStream {
    let Aggregate { id, event_enum, .. } = model;
    quote! {
        fn __begin(
            __id: &#id,
            __event: #event_enum,
        ) -> ::core::result::Result<Self, #event_enum> {
            <__Mutator<Self>>::__begin(__id, __event)
        }

        #[inline]
        fn __apply(
            &mut self,
            __event: #event_enum,
        ) -> ::core::result::Result<(), #event_enum> {
            <__Mutator<Self>>::__apply(self, __event)
        }
    }
}

/// Here the type is known, so that method resolution finds out whether it is `PartialEq`: by value before by reference.
///
/// ```text
/// fn __equals(&self, __other: &Self) -> Option<bool> {
///     use __private::{ByPartialEq as _, Unequalled as _};
///     (&__private::Both(self, __other)).__equals()
/// }
/// ```
fn equals(model: &Aggregate) -> TokenStream {
    let private = model.private();
    quote! {
        fn __equals(
            &self,
            __other: &Self,
        ) -> ::core::option::Option<::core::primitive::bool> {
            #[allow(unused_imports)]
            use #private::{ByPartialEq as _, Unequalled as _};
            (&#private::Both(self, __other)).__equals()
        }
    }
}

/// ```text
/// fn __index(__event: &OrderEvent) -> usize {
///     match *__event {
///         OrderEvent::OrderCreated(_) => 0usize,
///     }
/// }
/// fn __payload(__event: &OrderEvent) -> &(dyn Any + Send + Sync) {
///     match *__event {
///         OrderEvent::OrderCreated(ref __event) => __private::Listed::payload(__e0().1, __event),
///     }
/// }
/// ```
fn index_and_payload(model: &Aggregate) -> TokenStream {
    let event_enum = &model.event_enum;
    let indexes = model.events.iter().enumerate().map(|(index, event)| {
        let variant = &event.variant;
        quote!(#event_enum::#variant(_) => #index)
    });
    let payloads = model.events.iter().map(|event| {
        let variant = &event.variant;
        let payload = event.call(model, &quote!(payload), &quote!(__event));
        quote!(#event_enum::#variant(ref __event) => #payload)
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

/// What the codec of the snapshots can keep is a constant of a type: compared when the program is compiled.
pub(super) fn expand_demands(model: &Aggregate, demands: &[Demand]) -> TokenStream {
    let (krate, ident, private) = (&model.krate, &model.ident, model.private());
    let checks = demands.iter().map(|Demand { span, of, message }| {
        let keeps = match of {
            Keeping::NestedNone => quote!(keeps_nested_none),
            Keeping::Undeclared => quote!(keeps_undeclared),
        };
        quote_spanned! {*span=>
            const _: () = if !#private::#keeps::<<#ident as #krate::Aggregate>::SnapshotCodec>() {
                ::core::panic!("{}", #message)
            };
        }
    });
    quote!(#(#checks)*)
}

/// Names are constants of types that the macro can't see into: compared when the program is compiled.
fn unique_names(model: &Aggregate) -> TokenStream {
    let ident = &model.ident;
    let private = model.private();
    let events = model.events.iter().map(|event| (&event.path, event.span()));
    let legacy = model.legacy.iter().map(|event| (&event.path, event.span()));
    let listed = events.chain(legacy).enumerate().skip(1);
    let checks = listed.map(|(index, (path, span))| {
        let shown = names::shown(path);
        let older = format!(
            "`{shown}` and an event listed before it are versions of one event: list the newest only, which says `upcast(...)`"
        );
        let taken = format!(
            "`{shown}` has a stored name or alias that another event of `{ident}` has: give it its own, as in `#[event(name = \"...\")]`"
        );
        quote_spanned! {span=>
            const _: () = if #private::is_version_listed(__EVENTS, __LEGACY, #index) {
                ::core::panic!("{}", #older)
            } else if #private::is_name_taken(__EVENTS, __LEGACY, #index) {
                ::core::panic!("{}", #taken)
            };
        }
    });
    let retired = model.retired.iter().map(|name| {
        let message = format!(
            "{:?} is a stored name or alias of an event of `{ident}`, which is read: leave it out of `retired(...)`, or the event out of its list",
            name.value()
        );
        quote_spanned! {name.span()=>
            const _: () = if #private::is_name_of_any(__EVENTS, __LEGACY, #name) {
                ::core::panic!("{}", #message)
            };
        }
    });
    quote!(#(#checks)* #(#retired)*)
}
