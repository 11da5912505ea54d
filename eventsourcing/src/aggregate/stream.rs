//! `StreamId`: the checked name of a stream. Everything that may stand in one is decided here.

use std::{fmt, sync::Arc};

use super::{Aggregate, AggregateId};
use crate::{Error, ErrorKind};

/// The name of a stream: `category/id`, checked.
///
/// A category is 1 to 128 bytes, an id 1 to 512 bytes of UTF-8; neither has control characters, a category
/// has no `/`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    text: Arc<str>,
    category_len: usize,
}

impl StreamId {
    /// What stands between category and id.
    pub const SEPARATOR: char = '/';
    /// The longest category, in bytes.
    pub const MAX_CATEGORY_LEN: usize = 128;
    /// The longest id, in bytes.
    pub const MAX_ID_LEN: usize = 512;

    /// The stream of this id in this category. Errors: [`ErrorKind::InvalidName`].
    pub fn new(category: &str, id: &str) -> Result<Self, Error> {
        check_name("category", category)?;
        check("id", id, Self::MAX_ID_LEN, |c| !c.is_control())?;
        // Each load and each save makes one, and `format!` takes longer.
        let mut text =
            String::with_capacity(category.len() + Self::SEPARATOR.len_utf8() + id.len());
        text.push_str(category);
        text.push(Self::SEPARATOR);
        text.push_str(id);
        Ok(Self {
            text: text.into(),
            category_len: category.len(),
        })
    }

    /// Reads the text form of a stream's name. Errors: [`ErrorKind::InvalidName`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text.split_once(Self::SEPARATOR) {
            Some((category, id)) => Self::new(category, id),
            None => Err(invalid(
                "stream",
                text,
                "has no `/` between category and id",
            )),
        }
    }

    /// The stream of this aggregate. Errors: [`ErrorKind::InvalidName`].
    pub fn of<A: Aggregate>(id: &A::Id) -> Result<Self, Error> {
        Self::new(A::NAME, &id.to_text())
    }

    /// The aggregate type's name.
    pub fn category(&self) -> &str {
        &self.text[..self.category_len]
    }

    /// The id's text form.
    pub fn id(&self) -> &str {
        &self.text[self.category_len + Self::SEPARATOR.len_utf8()..]
    }

    /// Category, separator and id.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl AsRef<str> for StreamId {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// Checks a category or an event's stored name.
pub(crate) fn check_name(what: &'static str, name: &str) -> Result<(), Error> {
    check(what, name, StreamId::MAX_CATEGORY_LEN, |c| {
        !c.is_control() && c != StreamId::SEPARATOR
    })
}

fn check(
    what: &'static str,
    text: &str,
    longest: usize,
    allowed: impl Fn(char) -> bool,
) -> Result<(), Error> {
    if text.is_empty() {
        return Err(invalid(what, text, "is empty"));
    }
    if text.len() > longest {
        let why = format!("has {} bytes, at most {longest} fit", text.len());
        return Err(invalid(what, text, &why));
    }
    match text.chars().find(|c| !allowed(*c)) {
        Some(c) => Err(invalid(
            what,
            text,
            &format!("contains {c:?}, which is not allowed"),
        )),
        None => Ok(()),
    }
}

fn invalid(what: &str, text: &str, why: &str) -> Error {
    let shown: String = text.chars().take(60).collect();
    let dots = if shown.len() < text.len() { "…" } else { "" };
    Error::new(ErrorKind::InvalidName).because(format!("{what} {shown:?}{dots} {why}"))
}
