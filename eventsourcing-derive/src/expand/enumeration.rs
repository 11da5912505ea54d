//! The enum of an aggregate's events, with `Clone`, `Debug` and a `From` per event.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::{
    attr::Stage,
    model::{Aggregate, Event},
    names,
};

/// ```text
/// /// Everything that happens to an `Order`: one variant per event.
/// pub enum OrderEvent {
///     /// `OrderCreated`: brings an `Order` into being.
///     OrderCreated(OrderCreated),
///     /// `ItemAdded`: changes an `Order`.
///     ItemAdded(ItemAdded),
/// }
/// ```
pub(super) fn expand(model: &Aggregate) -> TokenStream {
    let Aggregate {
        vis,
        ident,
        event_enum,
        event_derive,
        ..
    } = model;
    let doc = format!(" Everything that happens to `{ident}`: one variant per event.");
    let derives = (!event_derive.is_empty()).then(|| quote!(#[derive(#(#event_derive),*)]));
    let variants = model.events.iter().map(|event| {
        let (variant, path) = (&event.variant, &event.path);
        let what = match event.stage {
            Stage::Create => "brings one into being",
            Stage::Change => "changes one",
            Stage::Discard => "ends the life of one",
        };
        let doc = format!(" `{}`: {what}.", names::shown(path));
        quote!(#[doc = #doc] #variant(#path))
    });
    let declared = quote_spanned!(event_enum.span()=> enum #event_enum);
    quote! {
        #[doc = #doc]
        #[allow(
            deprecated,
            non_camel_case_types,
            private_interfaces,
            unreachable_pub,
            unused_qualifications,
            clippy::enum_variant_names,
            clippy::large_enum_variant
        )]
        #derives
        #vis #declared {
            #(#variants),*
        }
    }
}

/// ```text
/// impl Clone for OrderEvent {
///     fn clone(&self) -> Self {
///         match *self {
///             Self::OrderCreated(ref __event) => Self::OrderCreated(__private::Listed::clone(__e0().1, __event)),
///         }
///     }
/// }
/// impl Debug for OrderEvent { … }
/// impl From<__E0> for OrderEvent { … }
/// ```
pub(super) fn expand_impls(model: &Aggregate) -> TokenStream {
    let event_enum = &model.event_enum;
    let cloned = model.events.iter().map(|event| {
        let variant = &event.variant;
        let clone = event.call(model, &quote!(clone), &quote!(__event));
        quote!(Self::#variant(ref __event) => Self::#variant(#clone))
    });
    let shown = model.events.iter().map(|event| {
        let variant = &event.variant;
        let name = names::text(variant);
        let debug = event.call(model, &quote!(debug), &quote!(__event, #name, __formatter));
        quote!(Self::#variant(ref __event) => #debug)
    });
    let froms = model.events.iter().map(|Event { variant, alias, .. }| {
        quote_spanned! {alias.span()=>
            #[automatically_derived]
            impl ::core::convert::From<#alias> for #event_enum {
                fn from(__event: #alias) -> Self {
                    Self::#variant(__event)
                }
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl ::core::clone::Clone for #event_enum {
            fn clone(&self) -> Self {
                match *self {
                    #(#cloned,)*
                }
            }
        }
        #[automatically_derived]
        impl ::core::fmt::Debug for #event_enum {
            fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match *self {
                    #(#shown,)*
                }
            }
        }
        #(#froms)*
    }
}
