//! What each event is to the aggregate: which may begin, change and end it, as marker impls.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::{
    attr::Stage,
    model::{Aggregate, Event},
    names,
};

/// ```text
/// type __E0 = OrderCreated;
/// const fn __e0() -> (EventType, impl Listed<__E0>) {
///     __private::listed::<__E0>(Stage::Create, "OrderCreated")
/// }
/// impl CreateOf<Order> for __E0 where for<'__a> Order: Aggregate<Event = OrderEvent> {}
///
/// /* type __E1, const fn __e1 */
/// impl EventOf<Order> for __E1 where for<'__a> Order: Aggregate<Event = OrderEvent> {}
/// impl IntoEvents<Order> for __E1 where for<'__a> Order: Aggregate<Event = OrderEvent> {
///     fn into_events(self, __out: &mut Events<Order>) {
///         Events::push(__out, self);
///     }
/// }
/// ```
///
/// The `where` says what is known already. It keeps rustc from asking again, for each impl, what `Aggregate` asks of
/// the type, say `Clone`; with a lifetime, since without one it is checked where it stands.
pub(super) fn expand(model: &Aggregate) -> TokenStream {
    let Aggregate {
        krate,
        ident,
        event_enum,
        ..
    } = model;
    let private = model.private();
    let (impl_generics, ty_generics, _) = model.generics.split_for_impl();
    let where_clause = quote! {
    where for<'__a> #ident #ty_generics: #krate::Aggregate<Event = #event_enum>
    };
    let markers = model.events.iter().map(|event| {
        let Event {
            path,
            alias,
            listed,
            variant,
            ..
        } = event;
        let name = names::text(variant);
        let (stage, marker) = match event.stage {
            Stage::Create => (quote!(Create), quote!(CreateOf)),
            Stage::Change => (quote!(Change), quote!(EventOf)),
            Stage::Discard => (quote!(Discard), quote!(DiscardOf)),
        };
        let aggregate = quote!(#ident #ty_generics);
        let into_events = (event.stage == Stage::Change).then(|| {
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
            type #alias = #path;
            const fn #listed() -> (#private::EventType, impl #private::Listed<#alias>) {
                #private::listed::<#alias>(#private::Stage::#stage, #name)
            }
            #[automatically_derived]
            impl #impl_generics #krate::aggregate::#marker<#aggregate> for #alias #where_clause {}
            #into_events
        }
    });
    quote!(#(#markers)*)
}
