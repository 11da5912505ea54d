//! Old versions of an event whose rows are read as `serde_json::Value`: no type fits them.

use super::{
    canonical::has_type,
    document::{Document, Event, Kind, Type},
};

/// Whether rows of `event` are read as the JSON that they are, by one that isn't written any more.
pub(super) fn is_untyped(event: &Event, reader: &Event, old: &Document, new: &Document) -> bool {
    // A positional codec doesn't say what a row has.
    let is_by_name = !old.is_positional && !new.is_positional;
    // A `Value` has numbers of 64 bits; what is larger becomes a float.
    let is_exact = |of: &Type| !matches!(of, Type::Named(name, _) if name.ends_with("128"));
    is_by_name
        && is_only_read(reader, new)
        && is_value(reader, new)
        && !has_type(old, &event.block, |of| !is_exact(of))
}

fn is_only_read(reader: &Event, new: &Document) -> bool {
    let written = new.written(&reader.aggregate, &reader.name);
    reader.is_legacy || written.is_some_and(|written| written.version > reader.version)
}

/// Whether it is a newtype of a `Value`, with nothing said about it.
fn is_value(reader: &Event, new: &Document) -> bool {
    let block = match &reader.block.written_as {
        Some(of) if reader.block.notes.is_empty() => {
            let of = new.resolve(of);
            match new.block(of) {
                Some((_, block)) => block,
                None => return is_it(of),
            }
        }
        _ => &reader.block,
    };
    let Some(fields) = block.fields().filter(|_| block.notes.is_empty()) else {
        return false;
    };
    match fields.fields.as_slice() {
        [field] if fields.kind() == Kind::Tuple(1) => {
            let of = field.of.as_ref().map(|of| new.resolve(of));
            field.notes.is_empty() && of.is_some_and(is_it)
        }
        _ => false,
    }
}

fn is_it(of: &Type) -> bool {
    matches!(of, Type::Named(name, arguments) if name == "serde_json::Value" && arguments.is_empty())
}
