//! An event whose older versions are read: the step from the version before.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Path, spanned::Spanned};

use crate::{model::EventType, names};

/// The token to blame for whatever is wrong with the older version.
fn blamed(older: &Path) -> Span {
    let last = older.segments.last();
    last.map_or_else(|| older.span(), |segment| segment.ident.span())
}

/// The older version's type. Of a type without parameters an alias, so that a path that leads nowhere is one error.
fn older_type(model: &EventType, older: &Path) -> TokenStream {
    if model.generics.params.is_empty() {
        quote_spanned!(blamed(older)=> __Older)
    } else {
        quote!(#older)
    }
}

/// What a type with parameters asks of its older version, for each of its instantiations.
pub(super) fn bounds(model: &EventType) -> Option<TokenStream> {
    let (krate, older) = (&model.krate, model.older.as_ref()?);
    Some(quote_spanned!(blamed(older)=> #older: #krate::Event,))
}

/// ```text
/// type __Older = ItemAddedV1;
/// const fn __older() -> (EventVersion, impl Listed<__Older>) {
///     __private::stored::<__Older>()
/// }
/// const _: () = { /* checks */ };
/// ```
///
/// Of a type with parameters the checks stand in `PREVIOUS`.
pub(super) fn expand(model: &EventType, bounds: &TokenStream) -> Option<TokenStream> {
    let older = model.older.as_ref()?;
    let krate = &model.krate;
    let (impl_generics, _, _) = model.generics.split_for_impl();
    let older_type = older_type(model, older);
    let is_plain = model.generics.params.is_empty();
    let alias = is_plain.then(|| quote_spanned!(blamed(older)=> type #older_type = #older;));
    let checks = is_plain.then(|| {
        let checks = checks(model, older);
        quote!(const _: () = { #checks };)
    });
    Some(quote_spanned! {blamed(older)=>
        #alias
        const fn __older #impl_generics () -> (
            #krate::__private::EventVersion,
            impl #krate::__private::Listed<#older_type>,
        ) #bounds {
            #krate::__private::stored::<#older_type>()
        }
        #checks
    })
}

/// ```text
/// const PREVIOUS: Option<&'static EventVersion> = Some(const { &__older().0 });
/// fn __decode<__C: Codec>(__codec: &__C, __version: u32, __payload: &[u8]) -> Result<Self, DecodeError> {
///     use __private::NoConversion as _;
///     if __version >= 2 {
///         return __private::decode(__codec, __version, __payload);
///     }
///     Result::map(Listed::read(__older().1, __codec, __version, __payload), <Conversion<__Older, Self>>::convert)
/// }
/// ```
pub(super) fn expand_items(model: &EventType) -> Option<TokenStream> {
    let EventType {
        krate,
        generics,
        version,
        ..
    } = model;
    let older = model.older.as_ref()?;
    let private = quote!(#krate::__private);
    let (_, ty_generics, _) = generics.split_for_impl();
    let turbofish = ty_generics.as_turbofish();
    let checks = (!generics.params.is_empty()).then(|| checks(model, older));
    let older_type = older_type(model, older);
    Some(quote_spanned! {blamed(older)=>
        const PREVIOUS: ::core::option::Option<&'static #private::EventVersion> = {
            #checks
            ::core::option::Option::Some(const { &__older #turbofish ().0 })
        };
        fn __decode<__C: #private::Codec>(
            __codec: &__C,
            __version: ::core::primitive::u32,
            __payload: &[::core::primitive::u8],
        ) -> ::core::result::Result<Self, #private::DecodeError> {
            #[allow(unused_imports)]
            use #private::NoConversion as _;
            if __version >= #version {
                return #private::decode(__codec, __version, __payload);
            }
            ::core::result::Result::map(
                #private::Listed::read(__older #turbofish ().1, __codec, __version, __payload),
                <#private::Conversion<#older_type, Self>>::convert,
            )
        }
    })
}

/// ```text
/// use __private::NoConversion as _;
/// if !same_text(__older().0.name, "item-added") { panic!("…") }
/// else if __older().0.version != 1 { panic!("…") }
/// else if !<Conversion<__Older, ItemAdded>>::IS_GIVEN { panic!("…") }
/// ```
///
/// Each mistake alone: who has the wrong event there needs no conversion from it.
fn checks(model: &EventType, older: &Path) -> TokenStream {
    let EventType {
        krate,
        ident,
        generics,
        name,
        version,
        ..
    } = model;
    let private = quote!(#krate::__private);
    let (impl_generics, ty_generics, _) = generics.split_for_impl();
    let turbofish = ty_generics.as_turbofish();
    let before = version - 1;
    let shown = names::shown(older);
    let named = format!(
        "`{shown}` is stored by another name than `{ident}`: the versions of an event share one, so write `#[event(name = {name:?}, version = {before})]` on `{shown}`; a name that its rows have besides is an `alias`"
    );
    let stepped = format!(
        "versions step by one: `{ident}` is version {version}, so `upcast({shown})` names version {before}, with `version = {before}` on `{shown}`"
    );
    let parameters = names::shown(&impl_generics);
    let newest = names::shown(&quote!(#ident #ty_generics));
    let converted = format!(
        "`{shown}` is not read as `{newest}` yet: say how\n\nimpl{parameters} From<{shown}> for {newest} {{\n    fn from(old: {shown}) -> Self {{ … }}\n}}\n"
    );
    let older_type = older_type(model, older);
    quote_spanned! {blamed(older)=>
        #[allow(unused_imports)]
        use #private::NoConversion as _;
        if !#private::same_text(__older #turbofish ().0.name, #name) {
            ::core::panic!("{}", #named)
        } else if __older #turbofish ().0.version != #before {
            ::core::panic!("{}", #stepped)
        } else if !<#private::Conversion<#older_type, #ident #ty_generics>>::IS_GIVEN {
            ::core::panic!("{}", #converted)
        }
    }
}
