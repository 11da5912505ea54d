//! `AggregateId`: what tells the instances of an aggregate apart, and its text form.

use std::{
    borrow::Cow,
    fmt::{self, Debug},
    hash::Hash,
};

use uuid::Uuid;

/// The id of an aggregate: a value with exactly one text form, which names its stream.
///
/// Implemented for `Uuid` (lower case, hyphenated), `String` and the integers; derive it on a newtype
/// of one of them. The text must be 1 to [`StreamId::MAX_ID_LEN`](super::StreamId::MAX_ID_LEN) bytes
/// without control characters: that is checked when the first load or save uses it.
///
/// `from_text(to_text(id))` must give `id` again.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the id of an aggregate",
    label = "not an aggregate id",
    note = "use `Uuid`, `String` or an integer, or derive it on a newtype of one: `#[derive(AggregateId, Clone, Debug, PartialEq, Eq, Hash)]`"
)]
pub trait AggregateId: Clone + Debug + Eq + Hash + Send + Sync + 'static {
    /// Its one text form.
    fn to_text(&self) -> Cow<'_, str>;

    /// The id with this text form.
    fn from_text(text: &str) -> Result<Self, InvalidId>;
}

/// A text that is no id of the wanted type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId(String);

impl InvalidId {
    /// For implementations of [`AggregateId`]: this text is no id.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an id of this type: {:?}", self.0)
    }
}

impl std::error::Error for InvalidId {}

impl AggregateId for String {
    fn to_text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }

    fn from_text(text: &str) -> Result<Self, InvalidId> {
        Ok(text.to_owned())
    }
}

/// Parses and compares with the text form: `"007"` and `"+7"` are not the text form of 7.
macro_rules! by_display {
    ($($id:ty)+) => { $(
        impl AggregateId for $id {
            fn to_text(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }

            fn from_text(text: &str) -> Result<Self, InvalidId> {
                let parsed: Option<Self> = text.parse().ok();
                parsed
                    .filter(|id| id.to_text() == text)
                    .ok_or_else(|| InvalidId::new(text))
            }
        }
    )+ };
}

by_display!(Uuid u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

/// Stands in for the type of an id that the derive could not read: the const argument is then its `compile_error!`,
/// and rustc finds no fault with a type that contains an error.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Broken<const ERROR: usize>;

impl<const ERROR: usize> AggregateId for Broken<ERROR> {
    fn to_text(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn from_text(text: &str) -> Result<Self, InvalidId> {
        Err(InvalidId::new(text))
    }
}
