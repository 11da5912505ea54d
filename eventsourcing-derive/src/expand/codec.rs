//! Events to bytes and back, by their stored names.

use proc_macro2::TokenStream;
use quote::quote;

use super::legacy;
use crate::model::Aggregate;

/// ```text
/// fn __encode<__C: Codec>(__event: &OrderEvent, __codec: &__C, __out: &mut Vec<u8>) -> Result<(), CodecError> {
///     match *__event {
///         OrderEvent::OrderCreated(ref __event) => __private::Listed::encode(__e0().1, __event, __codec, __out),
///     }
/// }
/// ```
pub(super) fn expand_encode(model: &Aggregate) -> TokenStream {
    let event_enum = &model.event_enum;
    let private = model.private();
    let arms = model.events.iter().map(|event| {
        let variant = &event.variant;
        let encode = event.call(model, &quote!(encode), &quote!(__event, __codec, __out));
        quote!(#event_enum::#variant(ref __event) => #encode)
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

/// ```text
/// fn __decode<__C: Codec>(__codec: &__C, __name: &str, __version: u32, __payload: &[u8]) -> Result<Decoded<OrderEvent>, DecodeError> {
///     if let Some(__read) = __private::Listed::decode(__e0().1, __codec, __name, __version, __payload) {
///         return Result::map(__read, |__event| Decoded::One(OrderEvent::OrderCreated(__event)));
///     }
///     if let Some(__read) = __private::Listed::decode(__l0().1, __codec, __name, __version, __payload) {
///         return Result::map(__read, |__event| Decoded::Many(/* see `legacy` */));
///     }
///     Err(DecodeError::UnknownName)
/// }
/// ```
pub(super) fn expand_decode(model: &Aggregate) -> TokenStream {
    let event_enum = &model.event_enum;
    let private = model.private();
    let values = quote!(__codec, __name, __version, __payload);
    let attempts = model.events.iter().map(|event| {
        let variant = &event.variant;
        let decode = event.call(model, &quote!(decode), &values);
        quote! {
            if let ::core::option::Option::Some(__read) = #decode {
                return ::core::result::Result::map(__read, |__event| {
                    #private::Decoded::One(#event_enum::#variant(__event))
                });
            }
        }
    });
    let legacy_attempts = model.legacy.iter().map(|event| {
        let stored = &event.stored;
        let convert = legacy::convert(model, event);
        quote! {
            if let ::core::option::Option::Some(__read) =
                #private::Listed::decode(#stored().1, #values)
            {
                return ::core::result::Result::map(__read, |__event| {
                    #private::Decoded::Many(#convert)
                });
            }
        }
    });
    quote! {
        #[inline]
        fn __decode<__C: #private::Codec>(
            __codec: &__C,
            __name: &::core::primitive::str,
            __version: ::core::primitive::u32,
            __payload: &[::core::primitive::u8],
        ) -> ::core::result::Result<#private::Decoded<#event_enum>, #private::DecodeError> {
            #(#attempts)*
            #(#legacy_attempts)*
            ::core::result::Result::Err(#private::DecodeError::UnknownName)
        }
    }
}
