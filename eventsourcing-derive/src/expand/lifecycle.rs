//! Which event may begin, change and end the aggregate, as marker impls.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::{
    attr::Stage,
    model::{Aggregate, Event},
};

/// ```ignore
/// impl Listed<OrderEvent> for __E0 {}
/// impl CreateOf<Order> for __E0 {}
///
/// impl Listed<OrderEvent> for __E1 {}
/// impl EventOf<Order> for __E1 {}
/// impl IntoEvents<Order> for __E1 {
///     fn into_events(self, __out: &mut Events<Order>) {
///         Events::push(__out, self);
///     }
/// }
/// ```
pub(super) fn expand(model: &Aggregate) -> TokenStream {
    let Aggregate {
        krate,
        ident,
        event_enum,
        ..
    } = model;
    let private = model.private();
    let (impl_generics, ty_generics, _) = model.generics.split_for_impl();
    let where_clause = super::aggregate::bounds(model);
    let markers = model.events.iter().map(|event| {
        let Event { alias, stage, .. } = event;
        let marker = match stage {
            Stage::Create => quote!(CreateOf),
            Stage::Change => quote!(EventOf),
            Stage::Discard => quote!(DiscardOf),
        };
        let aggregate = quote!(#ident #ty_generics);
        let into_events = (*stage == Stage::Change).then(|| {
            quote_spanned! {event.span()=>
                #[automatically_derived]
                impl #impl_generics #krate::aggregate::IntoEvents<#aggregate> for #alias #where_clause {
                    fn into_events(self, __out: &mut #krate::aggregate::Events<#aggregate>) {
                        #krate::aggregate::Events::push(__out, self);
                    }
                }
            }
        });
        quote_spanned! {event.span()=>
            #[automatically_derived]
            impl #private::Listed<#event_enum> for #alias {}
            #[automatically_derived]
            impl #impl_generics #krate::aggregate::#marker<#aggregate> for #alias #where_clause {}
            #into_events
        }
    });
    quote!(#(#markers)*)
}
