//! What a type comes down to, the way it is written and the way it is read. Where these differ (`into`, `from`,
//! `try_from`), what is read must be what was written: a positional codec takes a swapped field for its neighbour, and a
//! self-describing one reads a default for a field that it doesn't find.

use super::{Unfaithful, Walk};
use crate::schema::description::{Absent, Body, Field, Shape, Tagging, Variant};

/// Whether a type is looked at as it is written, or as it is read.
#[derive(Clone, Copy)]
pub(super) enum Way {
    Writing,
    Reading,
}

/// What is left of a shape without newtypes, transparent types and conversions.
#[derive(Clone, Copy)]
pub(super) enum Form<'a> {
    /// None that is defined by the user.
    Shape(&'a Shape),
    /// A struct's or an enum's.
    Body(&'a Body),
}

impl Body {
    /// What it is written or read as, if that is something else.
    fn through(&self, way: Way) -> Option<Form<'_>> {
        match self {
            Self::Struct(fields, None) => fields.newtype().map(Form::Shape),
            Self::Struct(..) | Self::Enum(..) => None,
            Self::Transparent(shape) => Some(Form::Shape(shape)),
            Self::Converted { into, from, own } => {
                let other = match way {
                    Way::Writing => into,
                    Way::Reading => from,
                };
                let own = || own.as_deref().map(Form::Body);
                other.as_ref().map(Form::Shape).or_else(own)
            }
        }
    }
}

impl Variant {
    fn written(&self, is_flattened: bool) -> Vec<&Field> {
        let written = self.fields.iter().filter(|field| !field.skipped.writing);
        written
            .filter(|field| field.is_flattened == is_flattened)
            .collect()
    }

    fn read(&self, is_flattened: bool) -> Vec<&Field> {
        let read = self.fields.iter().filter(|field| !field.skipped.reading);
        read.filter(|field| field.is_flattened == is_flattened)
            .collect()
    }

    fn reads(&self, name: &str) -> bool {
        self.read_as.unwrap_or(self.name) == name || self.aliases.contains(&name)
    }
}

impl Field {
    fn reads(&self, name: &str) -> bool {
        self.read_as.unwrap_or(&self.name) == name || self.aliases.contains(&name)
    }

    /// Whether its type's default is read where it is absent.
    fn is_default(&self) -> bool {
        let is_option = self.shape.as_ref().is_some_and(Shape::is_option);
        self.absent == Some(Absent::Default) || (self.absent.is_none() && is_option)
    }
}

/// Pairs that are being compared: a recursive type ends here.
type Pairs = Vec<(*const Body, *const Body)>;

impl<'a> Walk<'a> {
    pub(super) fn form<'s>(&self, shape: &'s Shape, way: Way) -> Form<'s>
    where
        'a: 's,
    {
        self.form_of(Form::Shape(shape), way)
    }

    fn form_of<'s>(&self, mut form: Form<'s>, way: Way) -> Form<'s>
    where
        'a: 's,
    {
        let mut left = self.definitions.len();
        loop {
            let next = match form {
                Form::Shape(Shape::Defined(place)) if left > 0 => {
                    left -= 1;
                    self.definitions
                        .get(*place)
                        .map(|definition| Form::Body(&definition.body))
                }
                // Written as what is in it.
                Form::Shape(Shape::Known("Reverse" | "Wrapping" | "Saturating", inner)) => {
                    inner.first().map(Form::Shape)
                }
                Form::Shape(_) => None,
                Form::Body(body) => body.through(way),
            };
            match next {
                Some(next) => form = next,
                None => return form,
            }
        }
    }

    /// Whether a type that is converted reads what it writes.
    pub(super) fn conversion(&self, place: usize) -> Result<(), Unfaithful> {
        let Some(definition) = self.definitions.get(place) else {
            return Ok(());
        };
        let body = &definition.body;
        if !matches!(body, Body::Converted { .. }) {
            return Ok(());
        }
        let (Some(written), Some(read)) = (body.through(Way::Writing), body.through(Way::Reading))
        else {
            return Ok(());
        };
        if self.is_read_as_written(written, read, &mut Vec::new()) {
            return Ok(());
        }
        let name = definition.name;
        self.refuse(format!(
            "`{name}` is written in one form and read in another: let `into` and `from` (or `try_from`) name the same type, or types with the same fields in the same order, or accept that with `#[schema(trusted)]` on the field"
        ))
    }

    fn is_read_as_written(&self, written: Form<'_>, read: Form<'_>, inside: &mut Pairs) -> bool {
        if let (Form::Shape(written), Form::Shape(read)) = (written, read)
            && written == read
        {
            // What is inside is asked the same where it is looked at.
            return true;
        }
        let written = self.form_of(written, Way::Writing);
        let read = self.form_of(read, Way::Reading);
        match (written, read) {
            (Form::Shape(written), Form::Shape(read)) => match (written, read) {
                (Shape::Known(one, _), Shape::Known(other, _)) if one != other => false,
                (Shape::Array(_, one), Shape::Array(_, other)) if one != other => false,
                (Shape::Known(..), Shape::Known(..))
                | (Shape::Tuple(_), Shape::Tuple(_))
                | (Shape::Array(..), Shape::Array(..)) => {
                    let (one, other) = (written.inner(), read.inner());
                    let mut pairs = one.iter().zip(other);
                    one.len() == other.len()
                        && pairs.all(|(one, other)| {
                            self.is_read_as_written(Form::Shape(one), Form::Shape(other), inside)
                        })
                }
                _ => written == read,
            },
            (Form::Body(written), Form::Body(read)) => {
                let pair = (std::ptr::from_ref(written), std::ptr::from_ref(read));
                if inside.contains(&pair) {
                    return true;
                }
                inside.push(pair);
                let is_same = self.is_same_body(written, read, inside);
                inside.pop();
                is_same
            }
            (Form::Shape(_), Form::Body(_)) | (Form::Body(_), Form::Shape(_)) => false,
        }
    }

    fn is_same_body(&self, written: &Body, read: &Body, inside: &mut Pairs) -> bool {
        match (written, read) {
            (Body::Struct(written, tag), Body::Struct(read, other)) => {
                tag == other
                    && (tag.is_none() || written.name == read.name)
                    && self.are_same_fields(written, read, inside)
            }
            (Body::Enum(tagging, written), Body::Enum(other, read)) => {
                let is_untagged = |variant: &Variant| variant.is_untagged;
                let by_place = self.is_positional()
                    || *tagging == Tagging::Untagged
                    || written.iter().chain(read).any(is_untagged);
                let mut same = |one: &Variant, other: &Variant| {
                    other.reads(one.name)
                        && !other.skipped.reading
                        && one.is_untagged == other.is_untagged
                        && self.are_same_fields(one, other, inside)
                };
                // What is read may be more: a variant that isn't written any more.
                tagging == other
                    && if by_place {
                        written.len() <= read.len()
                            && written
                                .iter()
                                .zip(read)
                                .all(|(one, other)| same(one, other))
                    } else {
                        let mut written = written.iter().filter(|one| !one.skipped.writing);
                        written.all(|one| read.iter().any(|other| same(one, other)))
                    }
            }
            _ => false,
        }
    }

    fn are_same_fields(&self, written: &Variant, read: &Variant, inside: &mut Pairs) -> bool {
        let (all_written, all_read) = (written.written(false), read.read(false));
        let (flat_written, flat_read) = (written.written(true), read.read(true));
        let has_names = written.has_names;
        let by_place = self.is_positional() || !has_names;
        let mut same = |one: &Field, other: &Field| {
            let has_name = !has_names || other.reads(&one.name);
            has_name && self.is_same_field(one, other, inside)
        };
        written.has_names == read.has_names
            && written.is_unit == read.is_unit
            && all_written.len() == all_read.len()
            && if by_place {
                let mut pairs = all_written.iter().zip(&all_read);
                pairs.all(|(one, other)| same(one, other))
            } else {
                let mut written = all_written.iter();
                written.all(|one| all_read.iter().any(|other| same(one, other)))
            }
            && flat_written.len() == flat_read.len()
            && flat_written
                .iter()
                .zip(&flat_read)
                .all(|(one, other)| self.is_same_field(one, other, inside))
    }

    fn is_same_field(&self, written: &Field, read: &Field, inside: &mut Pairs) -> bool {
        let is_absent_alike = written.skipped_if.is_none()
            || written.absent == read.absent
            || (written.is_default() && read.is_default());
        let is_same = match (&written.shape, &read.shape) {
            (Some(written), Some(read)) => {
                self.is_read_as_written(Form::Shape(written), Form::Shape(read), inside)
            }
            (None, None) => true,
            _ => false,
        };
        is_absent_alike && is_same
    }
}
