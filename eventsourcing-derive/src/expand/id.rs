//! `impl AggregateId` for a newtype, by its one field.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Member, spanned::Spanned};

use crate::model::IdType;

/// ```text
/// impl AggregateId for OrderId {
///     fn to_text(&self) -> Cow<'_, str> {
///         <Uuid as AggregateId>::to_text(&self.0)
///     }
///     fn from_text(__text: &str) -> Result<Self, InvalidId> {
///         Result::map(<Uuid as AggregateId>::from_text(__text), |__id| Self(__id))
///     }
/// }
/// ```
///
/// Where the field is missing or one of several, the impl stands all the same and is never run.
pub(super) fn expand(model: &IdType) -> TokenStream {
    let IdType {
        krate,
        ident,
        generics,
        inner,
    } = model;
    let (to_text, from_text, inner_bound) = match inner {
        Some((member, inner)) => {
            let span = inner.span();
            let made = match member {
                Member::Named(name) => quote!(Self { #name: __id }),
                Member::Unnamed(_) => quote!(Self(__id)),
            };
            (
                quote_spanned!(span=> <#inner as #krate::AggregateId>::to_text(&self.#member)),
                quote_spanned! {span=>
                    ::core::result::Result::map(
                        <#inner as #krate::AggregateId>::from_text(__text),
                        |__id| #made,
                    )
                },
                (!generics.params.is_empty()).then(|| quote!(#inner: #krate::AggregateId,)),
            )
        }
        None => (
            quote!(::core::unreachable!()),
            quote!(::core::unreachable!()),
            None,
        ),
    };
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let predicates = where_clause.map(|clause| &clause.predicates);
    let self_bound = (!generics.params.is_empty()).then(|| {
        quote! {
            Self: ::core::clone::Clone
                + ::core::fmt::Debug
                + ::core::cmp::Eq
                + ::core::hash::Hash
                + ::core::marker::Send
                + ::core::marker::Sync
                + 'static,
        }
    });
    quote! {
        #[allow(deprecated, unused_qualifications, clippy::absolute_paths)]
        const _: () = {
            #[automatically_derived]
            impl #impl_generics #krate::AggregateId for #ident #ty_generics
            where
                #self_bound
                #inner_bound
                #predicates
            {
                fn to_text(&self) -> #krate::__private::Cow<'_, ::core::primitive::str> {
                    #to_text
                }

                fn from_text(
                    __text: &::core::primitive::str,
                ) -> ::core::result::Result<Self, #krate::aggregate::InvalidId> {
                    #from_text
                }
            }
        };
    }
}
