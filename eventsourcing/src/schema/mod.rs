//! The shape of what is stored: described, hashed, compared.
//!
//! A snapshot of another shape must never be read, whether or not somebody remembered to bump `schema_version`. So
//! `derive(Aggregate)` and `derive(Event)` derive [`Schema`] as well: a [`Description`] of the type and of every type in
//! it, with the serde attributes that change bytes. Its hash, the [`Fingerprint`], is part of a snapshot's key.
//!
//! What is hashed is part of the stored format (`fingerprint`); a type of the standard library is added in `known`, one of
//! another crate in `foreign`.

mod bare;
mod describe;
mod description;
pub(crate) mod faithful;
mod fingerprint;
mod foreign;
mod known;
pub mod lock;
mod text;

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

#[doc(hidden)]
pub use self::describe::{FieldMore, FieldSpec, Form, TypeSpec, VariantMore, VariantSpec};
pub use self::{
    describe::Describer,
    description::{
        Absent, Body, Definition, Description, Field, Said, Shape, Skipped, Tagging, Variant,
    },
    fingerprint::Fingerprint,
};
use crate::{
    aggregate::Aggregate,
    codec::{Codec, Format},
    event::EventType,
};

/// A type whose shape can be described. Derived: with `derive(Aggregate)` and `derive(Event)`, and by
/// `#[derive(Schema)]` on the types of their fields.
///
/// It comes for what serde covers of the standard library and for `uuid`, and behind the features of their names for
/// `chrono`, `time`, `rust_decimal` and `serde_json`.
///
/// ```
/// use eventsourcing::{Schema, schema::Description};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Schema, Serialize, Deserialize)]
/// struct Item { sku: String, quantity: u32 }
///
/// #[derive(Schema, Serialize, Deserialize)]
/// struct Basket { items: Vec<Item> }
///
/// let description = Description::of::<Basket>();
/// assert_eq!(
///     description.to_string(),
///     "struct Basket\n  items: Vec<Item>\n\nstruct Item\n  sku: String\n  quantity: u32\n",
/// );
/// ```
#[diagnostic::on_unimplemented(
    message = "the shape of `{Self}` isn't described",
    label = "a snapshot or event of another shape could be misread",
    note = "if it is a type of yours, derive it: `#[derive(Schema)]`, beside `Serialize` and `Deserialize`",
    note = "if it is another crate's, name its form on the field: `#[schema(opaque({Self} = \"crate-and-version\"))]`; for `chrono`, `time`, `rust_decimal` and `serde_json` there are features of `eventsourcing`"
)]
pub trait Schema: 'static {
    /// Describes the type, and through `types` all types in it. For the derive.
    #[doc(hidden)]
    fn __shape(types: &mut Describer) -> Shape;
}

impl Description {
    /// The description of `T`: made once per type and program.
    pub fn of<T: Schema>() -> Arc<Self> {
        static MADE: RwLock<Option<HashMap<TypeId, Arc<Description>>>> = RwLock::new(None);
        let id = TypeId::of::<T>();
        let made = MADE.read().unwrap_or_else(PoisonError::into_inner);
        let found = made.as_ref().and_then(|made| made.get(&id)).cloned();
        drop(made);
        if let Some(found) = found {
            return found;
        }
        // No lock is held while the types describe themselves; whoever describes one twice gets the same.
        let description = Arc::new(Describer::describe(T::__shape));
        let mut made = MADE.write().unwrap_or_else(PoisonError::into_inner);
        let entry = made.get_or_insert_default().entry(id);
        Arc::clone(entry.or_insert(description))
    }

    /// The hash of this shape alone. [`Fingerprint::of_state`] is that of an aggregate.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self, &[])
    }
}

/// `retired`, `legacy`, `upcast`, aliases and names that trade places change what a replay yields; plain additions to the
/// lists of events don't.
fn history_names<A: Aggregate>() -> Vec<String> {
    let upcast = A::EVENTS.iter().map(EventType::newest);
    let mut names: Vec<String> = upcast
        .chain(A::LEGACY.iter().copied())
        .flat_map(|event| event.versions().skip(1))
        .map(|older| format!("upcast {} {}", older.version, older.name))
        .collect();
    names.extend(
        A::LEGACY
            .iter()
            .map(|event| format!("legacy {}", event.name)),
    );
    for event in A::EVENTS {
        let aliases = event.versions().flat_map(|version| version.aliases.iter());
        names.extend(aliases.map(|alias| format!("alias {alias} {}", event.variant)));
        let is_crossed = A::EVENTS
            .iter()
            .any(|other| other.variant != event.variant && is_called(other.variant, event.name));
        if is_crossed && !is_called(event.variant, event.name) {
            names.push(format!("named {} {}", event.name, event.variant));
        }
    }
    for event in A::LEGACY {
        let aliases = event.versions().flat_map(|version| version.aliases.iter());
        names.extend(aliases.map(|alias| format!("alias {alias} legacy {}", event.name)));
    }
    names.extend(A::RETIRED.iter().map(|name| format!("retired {name}")));
    names.sort();
    names.dedup();
    names
}

/// Whether a stored name is that of this variant, however its words are parted.
fn is_called(variant: &str, name: &str) -> bool {
    let letters = |text: &str| -> String {
        let letters = text.chars().filter(|letter| letter.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    letters(variant) == letters(name)
}

/// For the derive: whether `None` and `Some(None)` are written differently.
#[doc(hidden)]
pub const fn keeps_nested_none<C: Codec>() -> bool {
    matches!(C::FORMAT, Format::Positional)
}

/// For the derive: whether what isn't declared by the type (`flatten`, `skip_serializing_if`, tags, endless nesting) can
/// be read.
#[doc(hidden)]
pub const fn keeps_undeclared<C: Codec>() -> bool {
    matches!(C::FORMAT, Format::SelfDescribing)
}
