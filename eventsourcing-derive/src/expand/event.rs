//! `impl Event`.

use proc_macro2::TokenStream;
use quote::quote;

use super::upcast;
use crate::model::EventType;

/// ```text
/// impl Event for ItemAdded {
///     const NAME: &'static str = "ItemAdded";
///     const VERSION: u32 = 1;
///     const ALIASES: &'static [&'static str] = &[];
///     /* PREVIOUS and __decode, if there is an older version */
/// }
/// ```
///
/// With parameters, the bounds that `Event` has are asked of the whole type: `impl<T> … where Added<T>: Clone + …`.
pub(super) fn expand(model: &EventType, schema: &TokenStream) -> TokenStream {
    let EventType {
        krate,
        ident,
        generics,
        name,
        aliases,
        version,
        ..
    } = model;
    if !model.is_storable {
        return TokenStream::new();
    }
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let bounds = if generics.params.is_empty() {
        quote!(#where_clause)
    } else {
        let predicates = where_clause.map(|clause| &clause.predicates);
        let older_bounds = upcast::bounds(model);
        quote! {
            where
                #ident #ty_generics: ::core::clone::Clone
                    + ::core::fmt::Debug
                    + #krate::__private::serde::Serialize
                    + #krate::__private::serde::de::DeserializeOwned
                    + ::core::marker::Send
                    + ::core::marker::Sync
                    + #krate::Schema,
                #older_bounds
                #predicates
        }
    };
    let older = upcast::expand(model, &bounds);
    let older_items = upcast::expand_items(model);
    quote! {
        #[allow(deprecated, unused_qualifications, clippy::absolute_paths)]
        const _: () = {
            #[automatically_derived]
            impl #impl_generics #krate::Event for #ident #ty_generics #bounds {
                const NAME: &'static ::core::primitive::str = #name;
                const VERSION: ::core::primitive::u32 = #version;
                const ALIASES: &'static [&'static ::core::primitive::str] = &[#(#aliases),*];
                #older_items
            }
            #older
            #schema
        };
    }
}
