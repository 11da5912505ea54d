//! Events of earlier programs: read, never written.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::{
    model::{Aggregate, evolution::Legacy},
    names,
};

/// ```text
/// type __L0 = OrderPlaced;
/// const fn __l0() -> (EventVersion, impl Listed<__L0>) {
///     __private::stored::<__L0>()
/// }
/// const _: () = {
///     use __private::NoConversion as _;
///     if !<Conversion<__L0, Vec<OrderEvent>>>::IS_GIVEN { panic!("…") }
/// };
/// ```
pub(super) fn expand(model: &Aggregate) -> TokenStream {
    let Aggregate {
        ident, event_enum, ..
    } = model;
    let private = model.private();
    let legacy = model.legacy.iter().map(|event| {
        let Legacy {
            path,
            alias,
            stored,
        } = event;
        let shown = names::shown(path);
        let message = format!(
            "`{shown}` is not read as events of `{ident}` yet: say as which\n\nimpl From<{shown}> for Vec<{event_enum}> {{\n    fn from(old: {shown}) -> Self {{ … }}\n}}\n"
        );
        quote_spanned! {event.span()=>
            type #alias = #path;
            const fn #stored() -> (#private::EventVersion, impl #private::Listed<#alias>) {
                #private::stored::<#alias>()
            }
            const _: () = {
                #[allow(unused_imports)]
                use #private::NoConversion as _;
                if !<#private::Conversion<#alias, #private::Vec<#event_enum>>>::IS_GIVEN {
                    ::core::panic!("{}", #message)
                }
            };
        }
    });
    quote!(#(#legacy)*)
}

/// `<Conversion<__L0, Vec<OrderEvent>>>::convert(__event)`: without the user's `From` it compiles and is never run.
pub(super) fn convert(model: &Aggregate, event: &Legacy) -> TokenStream {
    let (event_enum, private, alias) = (&model.event_enum, model.private(), &event.alias);
    // Bound by `codec`, so with its span: that of a `macro_rules` argument is another's.
    let value = quote!(__event);
    quote_spanned! {event.span()=>
        {
            #[allow(unused_imports)]
            use #private::NoConversion as _;
            <#private::Conversion<#alias, #private::Vec<#event_enum>>>::convert(#value)
        }
    }
}
