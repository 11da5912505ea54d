//! What can't be stored faithfully: refused where it is certain, demanded of the codec where that decides.

use proc_macro2::Span;
use syn::{Field, Path, spanned::Spanned};

use super::{
    Demand, Keeping, Of,
    inside::{contains_type, has_nested_none, is_standard, last_name},
    read::Reader,
};
use crate::{
    attr::{DefaultBy, SerdeAttr},
    names,
};

impl Reader<'_> {
    pub(super) fn demand(&mut self, span: Span, of: Keeping, rule: &str) {
        if self.of == Of::State {
            let message = match of {
                Keeping::NestedNone => rule.to_owned(),
                Keeping::Undeclared => format!(
                    "{rule}, or use a codec that describes itself: `#[aggregate(snapshot_codec = eventsourcing::codec::Json)]`"
                ),
            };
            self.demands.push(Demand { span, of, message });
        }
    }

    pub(super) fn demand_of_type(&mut self, field: &Field, what: &str, trusted: bool) {
        if !trusted && has_nested_none(&field.ty) {
            let rule = "a self-describing codec writes `Some(None)` and `Some(())` as it writes `None`: use an enum with a name for each case, or a positional codec such as `#[aggregate(snapshot_codec = eventsourcing::codec::Postcard)]`, or accept that with `#[schema(trusted)]`";
            self.demand(
                field.ty.span(),
                Keeping::NestedNone,
                &format!("{what}: {rule}"),
            );
        }
        if contains_type(&field.ty, &self.name) {
            let rule = "the state contains itself, and deep values overflow the stack of a positional codec: keep the parts side by side, by their ids";
            self.demand(
                field.ty.span(),
                Keeping::Undeclared,
                &format!("{what}: {rule}"),
            );
        }
    }

    /// Of an enum, and of a struct, whose name a tag says.
    pub(super) fn demand_of_tag(&mut self, serde: &SerdeAttr) {
        if let Some(span) = serde.tag_span {
            let rule = "a tag is read by what the bytes say, which a positional codec's don't: leave out `tag`";
            self.demand(span, Keeping::Undeclared, rule);
        }
    }

    pub(super) fn demand_of_serde(&mut self, serde: &SerdeAttr, what: &str, is_accepted: bool) {
        if let Some(span) = serde.flatten {
            let rule = "`flatten` is read by what the bytes say, which a positional codec's don't: leave it out";
            self.demand(span, Keeping::Undeclared, &format!("{what}: {rule}"));
        }
        if let Some(path) = serde.skip_serializing_if.as_ref().filter(|_| is_accepted) {
            let rule = "a field that is written only sometimes shifts what a positional codec reads after it: leave out `skip_serializing_if`";
            self.demand(path.span(), Keeping::Undeclared, &format!("{what}: {rule}"));
        }
    }

    /// What the values that get lost are lost from.
    fn rows(&self) -> Option<&'static str> {
        match self.of {
            Of::State => Some("a load through a snapshot"),
            Of::Event => Some("every load"),
            Of::Inner => None,
        }
    }

    pub(super) fn refuse_skips(&self, serde: &SerdeAttr, what: &str) {
        let Some(rows) = self.rows() else { return };
        let found = [
            (serde.skip, "skip"),
            (serde.skip_serializing, "skip_serializing"),
            (serde.skip_deserializing, "skip_deserializing"),
        ];
        for (span, key) in found {
            if let Some(span) = span {
                let error = format!(
                    "`{key}` leaves {what} out of what is stored, and {rows} gives a default in its place: remove it, or accept that with `#[schema(trusted)]`"
                );
                self.mistakes.at(span, error);
            }
        }
    }

    pub(super) fn refuse_condition(&self, serde: &SerdeAttr, what: &str, is_faithful: bool) {
        if let (Some(path), false, Some(rows)) =
            (&serde.skip_serializing_if, is_faithful, self.rows())
        {
            let written = path.value();
            let error = format!(
                "`skip_serializing_if = \"{written}\"` may leave out a value of {what} that {rows} then doesn't give back: only `Option::is_none` on an `Option`, and `is_empty` of the standard library's collections with a bare `default` on the field, are known to; remove it, or accept that with `#[schema(trusted)]`"
            );
            self.mistakes.on(path, error);
        }
    }

    pub(super) fn refuse_untagged(&self, span: Span) {
        if self.rows().is_some() {
            let error = "`untagged` reads the first variant that fits, which may be another than was written: use `tag = \"...\"`, or accept that with `#[schema(trusted)]`";
            self.mistakes.at(span, error);
        }
    }

    /// What a function of the user's writes has no other description than a name.
    pub(super) fn require_form(&self, serde: &SerdeAttr, has_form: bool, what: &str) {
        if let (Some(span), false) = (serde.with, has_form) {
            let cure = if what.starts_with("the field") {
                "name the form that it writes: `#[schema(opaque = \"form-and-version\")]`"
            } else {
                "move the function to the fields, or accept that with `#[schema(trusted)]`"
            };
            let error = format!(
                "what the function writes for {what} can't be seen, so that a change of it would go unnoticed: {cure}"
            );
            self.mistakes.at(span, error);
        }
    }
}

/// What is empty by default, and has an `is_empty` that means it.
const COLLECTIONS: [&str; 10] = [
    "String",
    "Vec",
    "VecDeque",
    "LinkedList",
    "BinaryHeap",
    "BTreeSet",
    "HashSet",
    "BTreeMap",
    "HashMap",
    "OsString",
];

/// Whether a value that is left out reads back as itself: `None`, or what is empty where the default is.
pub(super) fn is_faithful_condition(
    serde: &SerdeAttr,
    field: &Field,
    container_default: bool,
) -> bool {
    let Some(path) = &serde.skip_serializing_if else {
        return true;
    };
    let Ok(path) = path.parse::<Path>() else {
        return false;
    };
    let mut owner: Vec<String> = (path.segments.iter())
        .map(|segment| names::text(&segment.ident))
        .collect();
    let function = owner.pop();
    if !is_standard(&owner) {
        return false;
    }
    let Some(of) = last_name(&field.ty) else {
        return false;
    };
    let is_bare = serde.default == DefaultBy::Trait;
    let absent_is_none = is_bare || (serde.default == DefaultBy::None && !container_default);
    match (function.as_deref(), owner.last().map(String::as_str)) {
        (Some("is_none"), Some("Option")) => of == "Option" && absent_is_none,
        (Some("is_empty"), Some(owner)) => {
            let is_own = owner == of || (owner == "str" && of == "String");
            is_own && COLLECTIONS.contains(&of.as_str()) && is_bare
        }
        _ => false,
    }
}
