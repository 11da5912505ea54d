//! Collects every mistake before reporting, and the checks that need no more than a value.

use std::{cell::RefCell, fmt::Display, thread};

use proc_macro2::Span;
use quote::ToTokens;

/// The mistakes found so far. Must be reported: dropping one unasked would make an error vanish.
#[derive(Debug)]
pub(crate) struct Mistakes(RefCell<Option<Vec<syn::Error>>>);

impl Mistakes {
    pub(crate) fn new() -> Self {
        Self(RefCell::new(Some(Vec::new())))
    }

    /// On one token.
    pub(crate) fn at(&self, span: Span, message: impl Display) {
        self.add(syn::Error::new(span, message));
    }

    /// On all of these tokens.
    pub(crate) fn on(&self, tokens: &impl ToTokens, message: impl Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn add(&self, error: syn::Error) {
        if let Some(errors) = self.0.borrow_mut().as_mut() {
            errors.push(error);
        }
    }

    /// How many there are so far: to tell whether what was just read is sound.
    pub(crate) fn count(&self) -> usize {
        self.0.borrow().as_ref().map_or(0, Vec::len)
    }

    /// To be written out as `compile_error!`.
    pub(crate) fn report(self) -> Vec<syn::Error> {
        self.0.borrow_mut().take().unwrap_or_default()
    }
}

impl Drop for Mistakes {
    fn drop(&mut self) {
        assert!(
            self.0.borrow().is_none() || thread::panicking(),
            "mistakes were collected but not reported"
        );
    }
}

/// What is wrong with a stored name, if anything: the rule of the runtime's `check_name`.
pub(crate) fn stored_name(name: &str) -> Result<(), String> {
    const LONGEST: usize = 128;
    if name.is_empty() {
        return Err("is empty".to_owned());
    }
    if name.len() > LONGEST {
        return Err(format!("has {} bytes, at most {LONGEST} fit", name.len()));
    }
    match name.chars().find(|&c| c.is_control() || c == '/') {
        Some(c) => Err(format!("contains {c:?}, which is not allowed")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Mistakes, stored_name};
    use proc_macro2::Span;

    #[test]
    #[should_panic(expected = "mistakes were collected but not reported")]
    fn a_forgotten_collector_panics() {
        Mistakes::new().at(Span::call_site(), "lost");
    }

    #[test]
    fn every_mistake_is_reported() {
        let mistakes = Mistakes::new();
        mistakes.at(Span::call_site(), "one");
        mistakes.at(Span::call_site(), "two");
        let reported: Vec<_> = mistakes.report().iter().map(ToString::to_string).collect();
        assert_eq!(reported, ["one", "two"]);
    }

    #[test]
    fn stored_names_are_bounded() {
        assert_eq!(stored_name("order"), Ok(()));
        assert_eq!(stored_name(&"x".repeat(128)), Ok(()));
        assert!(stored_name("").is_err());
        assert!(stored_name(&"x".repeat(129)).is_err());
        assert!(stored_name("a/b").is_err());
        assert!(stored_name("a\nb").is_err());
    }
}
