//! `impl Schema`: the type's shape as a table, so that it compiles fast.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Path, Type, spanned::Spanned};

use crate::{
    names,
    shape::{
        FieldShape, FieldType, FieldsShape, Form, Said, Tagging, TypeShape, asked_of_parameters,
        marker, mentions,
    },
};

/// ```text
/// impl Schema for Item {
///     fn __shape(__types: &mut Describer) -> Shape {
///         Describer::define::<Self>(__types, &TypeSpec {
///             name: "Item",
///             module: module_path!(),
///             arguments: &[],
///             form: Form::Struct(VariantSpec { name: "", flags: 32, fields: &[
///                 FieldSpec { name: "sku", flags: 0, shape: <String as Schema>::__shape, more: None },
///             ], more: None, discriminant: None }, None),
///             into: None,
///             from: None,
///             said: &[],
///         })
///     }
/// }
/// ```
pub(super) fn expand(model: &TypeShape) -> TokenStream {
    let TypeShape {
        krate,
        ident,
        generics,
        opaque,
        ..
    } = model;
    let private = quote!(#krate::__private);
    let own_names: Vec<String> = generics
        .params
        .iter()
        .map(|parameter| match parameter {
            syn::GenericParam::Type(of) => of.ident.to_string(),
            syn::GenericParam::Const(of) => of.ident.to_string(),
            syn::GenericParam::Lifetime(of) => of.lifetime.ident.to_string(),
        })
        .chain([String::from("Self")])
        .collect();
    // Types around them ask for the standard library's traits: `[T]` in a `Cow` is `ToOwned` if `T` is `Clone`.
    let markers = opaque.iter().enumerate().map(|(number, (of, form))| {
        let name = marker(number);
        // An item of its own sees no parameters: then it is named as it is written.
        let of = if mentions(of.to_token_stream(), &own_names) {
            let written = names::unspaced(&of.to_token_stream().to_string());
            quote!(#written)
        } else {
            quote!(::core::any::type_name::<#of>())
        };
        quote! {
            #[derive(
                ::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::default::Default,
                ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::cmp::PartialOrd, ::core::cmp::Ord, ::core::hash::Hash,
            )]
            struct #name;
            #[automatically_derived]
            impl #krate::Schema for #name {
                fn __shape(_: &mut #private::Describer) -> #private::Shape {
                    #private::Describer::opaque(#form, #of)
                }
            }
        }
    });
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let bounds = if generics.params.is_empty() {
        quote!(#where_clause)
    } else {
        let predicates = where_clause.map(|clause| &clause.predicates);
        let asked = asked_of_parameters(&model.types(), generics);
        quote! {
            where
                #ident #ty_generics: 'static,
                #(#asked: #krate::Schema,)*
                #predicates
        }
    };
    let shape = shape(model, &private);
    quote! {
        #(#markers)*
        #[automatically_derived]
        impl #impl_generics #krate::Schema for #ident #ty_generics #bounds {
            #[inline]
            fn __shape(__types: &mut #private::Describer) -> #private::Shape {
                #shape
            }
        }
    }
}

fn shape(model: &TypeShape, private: &TokenStream) -> TokenStream {
    let none = quote!(::core::option::Option::None);
    let krate = &model.krate;
    let form = match &model.form {
        Form::Opaque(form) => {
            return quote! {
                let _ = __types;
                #private::Describer::opaque(#form, ::core::any::type_name::<Self>())
            };
        }
        Form::Struct(fields, tag) => {
            let fields = variant(fields, krate, private);
            let tag = optional(tag.as_ref(), |tag| quote!(#tag));
            quote!(Struct(#fields, #tag))
        }
        Form::Enum(tagging, variants) => {
            let tagging = match tagging {
                Tagging::External => quote!(External),
                Tagging::Internal(tag) => quote!(Internal(#tag)),
                Tagging::Adjacent(tag, content) => {
                    quote!(Adjacent { tag: #tag, content: #content })
                }
                Tagging::Untagged => quote!(Untagged),
            };
            let variants = variants
                .iter()
                .map(|fields| variant(fields, krate, private));
            quote!(Enum(#private::Tagging::#tagging, &[#(#variants),*]))
        }
        Form::Transparent(of) => {
            let of = shape_of(of, krate, private);
            quote!(Transparent(#of))
        }
    };
    let name = &model.name;
    let arguments = arguments(model, private);
    let of = |of: &Type| asked(of, krate);
    let converted = |other: Option<&Type>| {
        other.map_or(none.clone(), |other| {
            let shape = of(other);
            quote!(::core::option::Option::Some((#shape, ::core::any::type_name::<#other>)))
        })
    };
    let (into, from) = (
        converted(model.into.as_ref()),
        converted(model.from.as_ref()),
    );
    let said = said(&model.said);
    quote! {
        #private::Describer::define::<Self>(__types, &#private::TypeSpec {
            name: #name,
            module: ::core::module_path!(),
            arguments: &[#(#arguments),*],
            form: #private::Form::#form,
            into: #into,
            from: #from,
            said: #said,
        })
    }
}

/// The parameters: types by their shapes, those that nothing is written of by their names, and constants.
fn arguments<'a>(
    model: &'a TypeShape,
    private: &'a TokenStream,
) -> impl Iterator<Item = TokenStream> + 'a {
    let bounded = asked_of_parameters(&model.types(), &model.generics);
    let bounded: Vec<String> = bounded.iter().map(ToString::to_string).collect();
    model
        .generics
        .params
        .iter()
        .filter_map(move |parameter| match parameter {
            syn::GenericParam::Type(of) if bounded.contains(&of.ident.to_string()) => {
                let (ident, krate) = (&of.ident, &model.krate);
                Some(quote!(<#ident as #krate::Schema>::__shape))
            }
            syn::GenericParam::Type(of) => {
                let ident = &of.ident;
                Some(quote!(|_| #private::Describer::phantom(::core::any::type_name::<#ident>())))
            }
            syn::GenericParam::Const(of) => {
                let ident = &of.ident;
                Some(quote!(|_| #private::Describer::argument(&#ident)))
            }
            syn::GenericParam::Lifetime(_) => None,
        })
}

fn variant(fields: &FieldsShape, krate: &Path, private: &TokenStream) -> TokenStream {
    let FieldsShape {
        name,
        read_as,
        aliases,
        flags,
        fields,
        said: says,
        discriminant,
    } = fields;
    let fields = fields.iter().map(|of| field(of, krate, private));
    let is_plain = read_as.is_none() && aliases.is_empty() && says.is_empty();
    let more = optional((!is_plain).then_some(says), |says| {
        let read_as = optional(read_as.as_ref(), |name| quote!(#name));
        let said = said(says);
        quote!(&#private::VariantMore { read_as: #read_as, aliases: &[#(#aliases),*], said: #said })
    });
    let discriminant = optional(discriminant.as_ref(), |value| quote!(#value));
    quote! {
        #private::VariantSpec {
            name: #name,
            flags: #flags,
            fields: &[#(#fields),*],
            more: #more,
            discriminant: #discriminant,
        }
    }
}

fn field(field: &FieldShape, krate: &Path, private: &TokenStream) -> TokenStream {
    let FieldShape {
        name,
        read_as,
        aliases,
        flags,
        skipped_if,
        default,
        said: says,
        of,
    } = field;
    let shape = shape_of(of, krate, private);
    let texts = [read_as, skipped_if, default];
    let is_plain = texts.iter().all(|text| text.is_none()) && aliases.is_empty() && says.is_empty();
    let more = optional((!is_plain).then_some(says), |says| {
        let [read_as, skipped_if, default] =
            texts.map(|text| optional(text.as_ref(), |text| quote!(#text)));
        let said = said(says);
        quote! {
            &#private::FieldMore {
                read_as: #read_as,
                aliases: &[#(#aliases),*],
                skipped_if: #skipped_if,
                default: #default,
                said: #said,
            }
        }
    });
    quote!(#private::FieldSpec { name: #name, flags: #flags, shape: #shape, more: #more })
}

/// The function that describes a field's type. A type without a shape is an error on the type.
fn shape_of(of: &FieldType, krate: &Path, private: &TokenStream) -> TokenStream {
    match of {
        FieldType::Type(of) => asked(of, krate),
        FieldType::Opaque(of, form) => {
            quote!(|_| #private::Describer::opaque(#form, ::core::any::type_name::<#of>()))
        }
        FieldType::Absent => quote!(|_| #private::Describer::opaque("", "")),
    }
}

fn asked(of: &Type, krate: &Path) -> TokenStream {
    quote_spanned!(of.span()=> <#of as #krate::Schema>::__shape)
}

fn said(said: &[Said]) -> TokenStream {
    let each = said.iter().map(|(key, text)| quote!((#key, #text)));
    quote!(&[#(#each),*])
}

fn optional<T>(value: Option<&T>, write: impl FnOnce(&T) -> TokenStream) -> TokenStream {
    let value = value.map(write);
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}
