//! Writes code, one file per thing generated.
//!
//! Two rules keep a user's mistake from causing a second error. A listed type is bounded in exactly one place, the
//! impl of `Listed`; everything else goes through functions bounded by that. And each token that rustc may complain
//! about carries the span of the user's token to blame.

mod aggregate;
mod codec;
mod enumeration;
mod event;
mod handlers;
mod id;
mod lifecycle;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::{model, validate::Mistakes};

/// ```ignore
/// enum OrderEvent { … }
/// trait OrderHandlers { … }
/// const _: () = {
///     type __E0 = OrderCreated;
///     type __E1 = ItemAdded;
///     /* impls */
/// };
/// ```
pub(crate) fn aggregate(input: &DeriveInput) -> TokenStream {
    let mistakes = Mistakes::new();
    let model = model::Aggregate::read(input, &mistakes);
    let enumeration = enumeration::expand(&model);
    let handlers = handlers::expand(&model);
    let impls = [
        enumeration::expand_impls(&model),
        handlers::expand_mutator(&model),
        lifecycle::expand(&model),
        aggregate::expand(&model),
    ];
    let aliases = model.events.iter().map(|event| {
        let (alias, path) = (&event.alias, &event.path);
        quote!(type #alias = #path;)
    });
    let broken_id = match &model.id {
        model::Id::Given(_) => None,
        model::Id::Broken { alias, error } => {
            let error = error.to_compile_error();
            Some(quote! {
                #[doc(hidden)]
                #[allow(dead_code, non_camel_case_types)]
                type #alias = #error;
            })
        }
    };
    let errors = mistakes.report();
    quote! {
        #errors
        #broken_id
        #enumeration
        #handlers
        #[allow(deprecated, unused_qualifications, clippy::absolute_paths)]
        const _: () = {
            #(#aliases)*
            #(#impls)*
        };
    }
}

pub(crate) fn event(input: &DeriveInput) -> TokenStream {
    let mistakes = Mistakes::new();
    let model = model::EventType::read(input, &mistakes);
    let expanded = event::expand(&model);
    let errors = mistakes.report();
    quote!(#errors #expanded)
}

pub(crate) fn aggregate_id(input: &DeriveInput) -> TokenStream {
    let mistakes = Mistakes::new();
    let model = model::IdType::read(input, &mistakes);
    let expanded = id::expand(&model);
    let errors = mistakes.report();
    quote!(#errors #expanded)
}
