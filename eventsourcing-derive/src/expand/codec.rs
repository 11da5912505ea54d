//! Events to bytes and back, by their stored names.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::model::{Aggregate, Event};

/// ```ignore
/// fn __encode<__C: Codec>(__event: &OrderEvent, __codec: &__C, __out: &mut Vec<u8>) -> Result<(), CodecError> {
///     match *__event {
///         OrderEvent::OrderCreated(ref __event) => __private::encode::<OrderEvent, __E0, __C>(__event, __codec, __out),
///     }
/// }
/// ```
pub(super) fn expand_encode(model: &Aggregate) -> TokenStream {
    let event_enum = &model.event_enum;
    let private = model.private();
    let arms = model.events.iter().map(|Event { variant, alias, .. }| {
        quote_spanned! {alias.span()=>
            #event_enum::#variant(ref __event) =>
                #private::encode::<#event_enum, #alias, __C>(__event, __codec, __out)
        }
    });
    quote! {
        fn __encode<__C: #private::Codec>(
            __event: &#event_enum,
            __codec: &__C,
            __out: &mut #private::Vec<::core::primitive::u8>,
        ) -> ::core::result::Result<(), #private::CodecError> {
            match *__event {
                #(#arms,)*
            }
        }
    }
}

/// ```ignore
/// fn __decode<__C: Codec>(__codec: &__C, __name: &str, __version: u32, __payload: &[u8]) -> Result<OrderEvent, DecodeError> {
///     if let Some(__read) = __private::decode::<OrderEvent, __E0, __C>(__codec, __name, __version, __payload) {
///         return Result::map(__read, OrderEvent::OrderCreated);
///     }
///     Err(DecodeError::UnknownName)
/// }
/// ```
pub(super) fn expand_decode(model: &Aggregate) -> TokenStream {
    let event_enum = &model.event_enum;
    let private = model.private();
    let attempts = model.events.iter().map(|Event { variant, alias, .. }| {
        quote_spanned! {alias.span()=>
            if let ::core::option::Option::Some(__read) = #private::decode::<#event_enum, #alias, __C>(
                __codec, __name, __version, __payload
            ) {
                return ::core::result::Result::map(__read, #event_enum::#variant);
            }
        }
    });
    quote! {
        fn __decode<__C: #private::Codec>(
            __codec: &__C,
            __name: &::core::primitive::str,
            __version: ::core::primitive::u32,
            __payload: &[::core::primitive::u8],
        ) -> ::core::result::Result<#event_enum, #private::DecodeError> {
            #(#attempts)*
            ::core::result::Result::Err(#private::DecodeError::UnknownName)
        }
    }
}
