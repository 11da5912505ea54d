//! `impl Schema`: the type's shape as a table, so that it compiles fast.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Path, Type, spanned::Spanned};

use crate::shape::{
    FieldShape, FieldType, FieldsShape, Form, Tagging, TypeShape, asked_of_parameters, marker,
};

/// ```text
/// impl Schema for Item {
///     fn __shape(__types: &mut Describer) -> Shape {
///         Describer::define::<Self>(__types, &TypeSpec {
///             name: "Item",
///             module: module_path!(),
///             arguments: &[],
///             form: Form::Struct(VariantSpec { name: "", aliases: &[], flags: 32, fields: &[
///                 FieldSpec { name: "sku", flags: 0, shape: <String as Schema>::__shape, more: None },
///             ] }, None),
///             into: None,
///             from: None,
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
    let markers = opaque.iter().enumerate().map(|(number, form)| {
        let name = marker(number);
        quote! {
            struct #name;
            #[automatically_derived]
            impl #krate::Schema for #name {
                fn __shape(_: &mut #private::Describer) -> #private::Shape {
                    #private::Describer::opaque(#form)
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
                #private::Describer::opaque(#form)
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
    let into = model.into.as_ref().map_or(none.clone(), |into| {
        let into = of(into);
        quote!(::core::option::Option::Some(#into))
    });
    let from = model.from.as_ref().map_or(none, |from| {
        let from = of(from);
        quote!(::core::option::Option::Some(#from))
    });
    quote! {
        #private::Describer::define::<Self>(__types, &#private::TypeSpec {
            name: #name,
            module: ::core::module_path!(),
            arguments: &[#(#arguments),*],
            form: #private::Form::#form,
            into: #into,
            from: #from,
        })
    }
}

/// The parameters as a reader wants to see them: types that have a shape, and constants.
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
            syn::GenericParam::Type(of) => {
                let (ident, krate) = (&of.ident, &model.krate);
                let has_shape = bounded.contains(&ident.to_string());
                has_shape.then(|| quote!(<#ident as #krate::Schema>::__shape))
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
        aliases,
        flags,
        fields,
    } = fields;
    let fields = fields.iter().map(|of| field(of, krate, private));
    quote! {
        #private::VariantSpec {
            name: #name,
            aliases: &[#(#aliases),*],
            flags: #flags,
            fields: &[#(#fields),*],
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
        of,
    } = field;
    let shape = shape_of(of, krate, private);
    let is_plain = read_as.is_none() && aliases.is_empty() && skipped_if.is_none();
    let more = if is_plain {
        quote!(::core::option::Option::None)
    } else {
        let read_as = optional(read_as.as_ref(), |name| quote!(#name));
        let skipped_if = optional(skipped_if.as_ref(), |path| quote!(#path));
        quote! {
            ::core::option::Option::Some(&#private::FieldMore {
                read_as: #read_as,
                aliases: &[#(#aliases),*],
                skipped_if: #skipped_if,
            })
        }
    };
    quote!(#private::FieldSpec { name: #name, flags: #flags, shape: #shape, more: #more })
}

/// The function that describes a field's type. A type without a shape is an error on the type.
fn shape_of(of: &FieldType, krate: &Path, private: &TokenStream) -> TokenStream {
    match of {
        FieldType::Type(of) => asked(of, krate),
        FieldType::Opaque(form) => quote!(|_| #private::Describer::opaque(#form)),
        FieldType::Absent => quote!(|_| #private::Describer::opaque("")),
    }
}

fn asked(of: &Type, krate: &Path) -> TokenStream {
    quote_spanned!(of.span()=> <#of as #krate::Schema>::__shape)
}

fn optional<T>(value: Option<&T>, write: impl FnOnce(&T) -> TokenStream) -> TokenStream {
    let value = value.map(write);
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}
