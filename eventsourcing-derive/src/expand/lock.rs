//! The test of `schema_lock!`: a macro by example can't make a name.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{
    Block, LitStr,
    parse::{Parse, ParseStream},
};

/// `"path" { body }`.
pub(crate) struct LockTest {
    path: LitStr,
    body: Block,
}

impl Parse for LockTest {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            path: input.parse()?,
            body: input.parse()?,
        })
    }
}

/// ```text
/// #[test]
/// fn schemas_lock_is_up_to_date() { … }
/// ```
pub(crate) fn expand(LockTest { path, body }: &LockTest) -> TokenStream {
    let written = path.value();
    let words = written.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let mut name = format!("{}_is_up_to_date", words.join("_"));
    if name.starts_with(|c: char| c == '_' || c.is_ascii_digit()) {
        name.insert_str(0, "lock_");
    }
    let name = Ident::new(&name, path.span());
    quote! {
        #[::core::prelude::v1::test]
        fn #name() #body
    }
}
