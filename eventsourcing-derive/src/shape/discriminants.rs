//! The numbers of variants, where a program gives them. Serde doesn't write them, yet `as` makes them part of a value.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::{DataEnum, Expr, ExprLit, Fields, Lit, UnOp};

use crate::names;

/// What is known of a variant's number.
#[derive(Debug)]
pub(super) enum Discriminant {
    /// None of the enum's is given.
    Natural,
    /// An expression for it.
    Value(TokenStream),
    /// It can't be computed: what was written.
    Written(String),
}

/// Those of all variants, in order.
pub(super) fn of(data: &DataEnum) -> Vec<Discriminant> {
    let given = |variant: &syn::Variant| variant.discriminant.clone().map(|(_, value)| value);
    if data.variants.iter().all(|variant| given(variant).is_none()) {
        return data
            .variants
            .iter()
            .map(|_| Discriminant::Natural)
            .collect();
    }
    if let Some(values) = literals(data) {
        return values
            .into_iter()
            .map(|value| Discriminant::Value(literal(value)))
            .collect();
    }
    let is_plain = |variant: &syn::Variant| matches!(variant.fields, Fields::Unit);
    let can_cast = data.variants.iter().all(is_plain);
    let one = |variant: &syn::Variant| match given(variant) {
        _ if can_cast => {
            let ident = &variant.ident;
            Discriminant::Value(quote!(Self::#ident as ::core::primitive::i128))
        }
        Some(value) => Discriminant::Written(names::unspaced(&value.to_token_stream().to_string())),
        None => Discriminant::Natural,
    };
    data.variants.iter().map(one).collect()
}

/// All of them, if each one that is given is a number.
fn literals(data: &DataEnum) -> Option<Vec<i128>> {
    let mut next = Some(0);
    let values = data.variants.iter().map(|variant| {
        let value = match &variant.discriminant {
            Some((_, given)) => number(given),
            None => next,
        };
        next = value.and_then(|value| value.checked_add(1));
        value
    });
    values.collect()
}

fn number(of: &Expr) -> Option<i128> {
    match of {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => number.base10_parse().ok(),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
            number(&unary.expr).and_then(i128::checked_neg)
        }
        Expr::Group(group) => number(&group.expr),
        Expr::Paren(paren) => number(&paren.expr),
        _ => None,
    }
}

fn literal(value: i128) -> TokenStream {
    let positive = Literal::u128_unsuffixed(value.unsigned_abs());
    if value < 0 {
        quote!(-#positive)
    } else {
        quote!(#positive)
    }
}
