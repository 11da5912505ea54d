//! `flatten`: a map reads all that is left among the fields, and leaves it there; an `Option` hides what can't be read. What
//! can be seen of that by the names of types; the runtime's `schema::faithful::flattened` looks at everything else.

use syn::{Fields, spanned::Spanned};

use super::{FieldShape, Of, flag, inside::last_name, read::Reader};

impl Reader<'_> {
    pub(super) fn check_flattened(&mut self, fields: &Fields, shapes: &[FieldShape]) {
        if self.of == Of::Inner {
            return;
        }
        let is_map = |field: &syn::Field| {
            let name = last_name(&field.ty);
            name.is_some_and(|name| ["BTreeMap", "HashMap"].contains(&name.as_str()))
        };
        let flattened = fields.iter().zip(shapes).filter(|(_, shape)| {
            shape.flags & flag::FLATTENED != 0 && shape.flags & flag::TRUSTED == 0
        });
        let mut before = None;
        for (field, _) in flattened {
            if last_name(&field.ty).as_deref() == Some("Option") {
                let error = "a flattened `Option` reads as `None` whatever can't be read as what is in it, and as `Some` where nothing in it must be there: leave out the `Option` or the `flatten`, or accept that with `#[schema(trusted)]`";
                self.mistakes.at(field.ty.span(), error.to_owned());
            }
            if let Some(map) = before {
                let error = format!(
                    "the flattened map `{map}` before it reads all that is left, so that it reads back what this field wrote: put the map last, leave out `flatten`, or accept that with `#[schema(trusted)]`"
                );
                self.mistakes.at(field.ty.span(), error);
            }
            if is_map(field) {
                before = field.ident.as_ref();
            }
        }
    }
}
