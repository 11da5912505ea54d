//! Writes code, one file per thing generated.
//!
//! Two rules keep a user's mistake from causing a second error. What must hold of a user's type is asked in exactly one
//! place (an event's in its `__e0`, the handlers' by `__Mutator`), and everything else is generic over that. And each
//! token that rustc may complain about carries the span of the user's token to blame.

mod aggregate;
mod codec;
mod enumeration;
mod event;
mod handlers;
mod id;
mod legacy;
mod lifecycle;
mod lock;
mod schema;
mod upcast;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

pub(crate) use self::lock::expand as lock_test;
use crate::{
    model,
    shape::{Of, TypeShape},
    validate::Mistakes,
};

/// ```text
/// enum OrderEvent { … }
/// trait OrderHandlers { … }
/// const _: () = {
///     /* impls, and a `__E0`, `__E1`, … per event */
/// };
/// ```
pub(crate) fn aggregate(input: &DeriveInput) -> TokenStream {
    let mistakes = Mistakes::new();
    let model = model::Aggregate::read(input, &mistakes);
    let shape = TypeShape::read(input, Some(&model.krate), Of::State, &mistakes);
    let enumeration = enumeration::expand(&model);
    let handlers = handlers::expand(&model);
    let impls = [
        lifecycle::expand(&model),
        legacy::expand(&model),
        enumeration::expand_impls(&model),
        handlers::expand_mutator(&model),
        aggregate::expand(&model),
        schema::expand(&shape),
        aggregate::expand_demands(&model, &shape.demands),
    ];
    let impls = model.is_storable.then_some(impls).into_iter().flatten();
    let errors = errors(mistakes, &model);
    quote! {
        #errors
        #enumeration
        #handlers
        #[allow(
            deprecated,
            unused_qualifications,
            clippy::absolute_paths,
            clippy::unnecessary_wraps
        )]
        const _: () = {
            #(#impls)*
        };
    }
}

/// ```text
/// compile_error! { "an error" }
/// type __OrderId = __private::Broken<{ compile_error! { "another" } }>;
/// ```
///
/// The alias is for an id that could not be read, which is one of the errors: it carries the last of them.
fn errors(mistakes: Mistakes, model: &model::Aggregate) -> TokenStream {
    let mut errors = mistakes.report();
    let broken_id = match &model.id {
        model::Id::Given(_) => None,
        model::Id::Broken(alias) => errors.pop().map(|error| {
            let (private, error) = (model.private(), error.to_compile_error());
            quote! {
                #[doc(hidden)]
                #[allow(dead_code, non_camel_case_types)]
                type #alias = #private::Broken<{ #error }>;
            }
        }),
    };
    let errors = errors.iter().map(syn::Error::to_compile_error);
    quote!(#(#errors)* #broken_id)
}

pub(crate) fn event(input: &DeriveInput) -> TokenStream {
    let mistakes = Mistakes::new();
    let model = model::EventType::read(input, &mistakes);
    let shape = TypeShape::read(input, Some(&model.krate), Of::Event, &mistakes);
    let expanded = event::expand(&model, &schema::expand(&shape));
    let errors = mistakes.report();
    let errors = errors.iter().map(syn::Error::to_compile_error);
    quote!(#(#errors)* #expanded)
}

pub(crate) fn schema(input: &DeriveInput) -> TokenStream {
    let mistakes = Mistakes::new();
    let shape = TypeShape::read(input, None, Of::Inner, &mistakes);
    let expanded = schema::expand(&shape);
    let errors = mistakes.report();
    let errors = errors.iter().map(syn::Error::to_compile_error);
    quote! {
        #(#errors)*
        #[allow(deprecated, unused_qualifications, clippy::absolute_paths)]
        const _: () = {
            #expanded
        };
    }
}

pub(crate) fn aggregate_id(input: &DeriveInput) -> TokenStream {
    let mistakes = Mistakes::new();
    let model = model::IdType::read(input, &mistakes);
    let expanded = id::expand(&model);
    let errors = mistakes.report();
    let errors = errors.iter().map(syn::Error::to_compile_error);
    quote!(#(#errors)* #expanded)
}
