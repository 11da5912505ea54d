//! From an input to its shape, by serde's attributes.

use proc_macro2::Span;
use syn::{
    Data, DataEnum, DeriveInput, Field, Fields, LitStr, Path, Type, Variant, parse_quote,
    spanned::Spanned,
};

use super::{
    Demand, FieldShape, FieldType, FieldsShape, Form, Of, Said, Tagging, TypeShape,
    crossed::{Called, is_crossed},
    discriminants::{self, Discriminant},
    flag,
    inside::{is_phantom, last_name, replace},
    marker,
    rules::is_faithful_condition,
};
use crate::{
    attr::{Both, DefaultBy, Place, SchemaAttr, SerdeAttr},
    names,
    validate::Mistakes,
};

/// Knows what has been met so far.
pub(super) struct Reader<'a> {
    pub(super) of: Of,
    pub(super) mistakes: &'a Mistakes,
    opaque: Vec<(Type, LitStr)>,
    said: Vec<Said>,
    pub(super) demands: Vec<Demand>,
    /// The type's own name.
    pub(super) name: String,
}

/// What holds for all fields of a struct or variant.
struct Around {
    rule: Both,
    /// `#[serde(default)]` on the container, and the function that it names.
    default: DefaultBy,
    default_path: Option<String>,
}

impl TypeShape {
    /// Of a state or event the runtime crate is where its own attribute says.
    pub(crate) fn read(
        input: &DeriveInput,
        krate: Option<&Path>,
        of: Of,
        mistakes: &Mistakes,
    ) -> Self {
        let attr = SchemaAttr::read(&input.attrs, Place::Type, mistakes);
        let serde = SerdeAttr::read(&input.attrs);
        let mut reader = Reader {
            of,
            mistakes,
            opaque: Vec::new(),
            said: serde.said.clone(),
            demands: Vec::new(),
            name: names::text(&input.ident),
        };
        let borrow = input.generics.lifetimes().next();
        if let (Some(borrow), Of::Inner) = (borrow, of) {
            let shown = names::shown(&borrow.lifetime);
            let error = format!(
                "what is stored owns what it says, and `{shown}` is a borrow: use owned types, such as `String` instead of `&str`"
            );
            mistakes.on(&borrow.lifetime, error);
        }
        let is_converted = serde.into.is_some() && serde.from.is_some();
        let form = match &attr.opaque {
            Some(form) => Form::Opaque(form.clone()),
            // Nothing of its own fields is written.
            None if is_converted || borrow.is_some() => Form::Transparent(FieldType::Absent),
            None => reader.form(input, &serde, attr.trusted),
        };
        Self {
            krate: krate.map_or_else(|| attr.krate(), Clone::clone),
            ident: input.ident.clone(),
            generics: input.generics.clone(),
            name: names::text(&input.ident),
            into: serde.into,
            from: serde.from,
            form,
            opaque: reader.opaque,
            said: reader.said,
            demands: reader.demands,
        }
    }
}

impl Reader<'_> {
    fn form(&mut self, input: &DeriveInput, serde: &SerdeAttr, trusted: bool) -> Form {
        let around = Around {
            rule: serde.rename_all.clone(),
            default: serde.default,
            default_path: serde.default_path.clone(),
        };
        match &input.data {
            Data::Struct(data) if serde.transparent => self.transparent(&data.fields, &around),
            Data::Struct(data) => {
                self.demand_of_tag(serde);
                let mut fields = self.fields(&data.fields, &around);
                fields.flags |= flags(&[(serde.deny_unknown_fields, flag::DENIES_UNKNOWN)]);
                if serde.tag.is_some() {
                    let own = names::text(&input.ident);
                    let written = serde.rename.resolve(&Both::default(), &own, names::renamed);
                    fields.name = written.written;
                }
                Form::Struct(fields, serde.tag.clone())
            }
            Data::Enum(data) => {
                self.demand_of_tag(serde);
                let tagging = match (&serde.tag, &serde.content, serde.untagged) {
                    (_, _, Some(span)) if !trusted => {
                        self.refuse_untagged(span);
                        Tagging::Untagged
                    }
                    (_, _, Some(_)) => Tagging::Untagged,
                    (Some(tag), Some(content), _) => {
                        Tagging::Adjacent(tag.clone(), content.clone())
                    }
                    (Some(tag), None, _) => Tagging::Internal(tag.clone()),
                    _ => Tagging::External,
                };
                let shapes = self.variants(data, serde, trusted);
                if !matches!(tagging, Tagging::Untagged) {
                    self.check_variant_names(data, &shapes);
                }
                Form::Enum(tagging, shapes)
            }
            Data::Union(data) => {
                if self.of == Of::Inner {
                    let error =
                        "a union has no shape that serde could write: use a struct or an enum";
                    self.mistakes.at(data.union_token.span, error);
                }
                Form::Opaque(LitStr::new("union", Span::call_site()))
            }
        }
    }

    /// The one field that is written; the others are skipped or hold nothing.
    fn transparent(&mut self, fields: &Fields, around: &Around) -> Form {
        let mut shape = self.fields(fields, around);
        // As a struct, so that `build()` names the field that gets lost.
        if shape.fields.iter().any(FieldShape::is_lost) {
            return Form::Struct(shape, None);
        }
        let is_written = |field: &FieldShape| match &field.of {
            FieldType::Absent => false,
            _ if field.flags & flag::SKIP_WRITING != 0 => false,
            FieldType::Type(of) => last_name(of).as_deref() != Some("PhantomData"),
            FieldType::Opaque(..) => true,
        };
        let written = shape.fields.iter().position(is_written).unwrap_or(0);
        if written < shape.fields.len() {
            let written = shape.fields.swap_remove(written);
            self.said.extend(written.said);
            Form::Transparent(written.of)
        } else {
            Form::Transparent(FieldType::Absent)
        }
    }

    fn variants(&mut self, data: &DataEnum, serde: &SerdeAttr, trusted: bool) -> Vec<FieldsShape> {
        let variants = data.variants.iter();
        let mut shapes: Vec<FieldsShape> = variants
            .map(|variant| self.variant(variant, serde, trusted))
            .collect();
        let called = data.variants.iter().zip(&shapes).map(|(variant, shape)| {
            let read = shape.read_as.iter().chain(&shape.aliases).cloned();
            Called {
                own: names::text(&variant.ident),
                stored: [shape.name.clone()].into_iter().chain(read).collect(),
            }
        });
        let called: Vec<Called> = called.collect();
        let numbers = discriminants::of(data);
        for (place, (shape, number)) in shapes.iter_mut().zip(numbers).enumerate() {
            if let (true, Some(called)) = (is_crossed(&called, place), called.get(place)) {
                shape.said.push(in_code(called));
            }
            match number {
                Discriminant::Natural => {}
                Discriminant::Value(value) => shape.discriminant = Some(value),
                Discriminant::Written(text) => shape.said.push(("discriminant", text)),
            }
        }
        shapes
    }

    fn variant(&mut self, variant: &Variant, serde: &SerdeAttr, trusted: bool) -> FieldsShape {
        let own = SerdeAttr::read(&variant.attrs);
        let trusted =
            trusted || SchemaAttr::read(&variant.attrs, Place::Variant, self.mistakes).trusted;
        let around = Around {
            rule: own.rename_all.or(&serde.rename_all_fields),
            default: own.default,
            default_path: own.default_path.clone(),
        };
        let mut shape = self.fields(&variant.fields, &around);
        let name = names::text(&variant.ident);
        let names = own
            .rename
            .resolve(&serde.rename_all, &name, names::renamed_variant);
        shape.aliases.clone_from(&own.aliases);
        shape.read_as = (names.read != names.written).then_some(names.read);
        shape.name = names.written;
        shape.said.clone_from(&own.said);
        shape.flags |= skips(&own);
        let set = [
            (own.untagged.is_some(), flag::UNTAGGED),
            (own.other, flag::OTHER),
            (serde.deny_unknown_fields, flag::DENIES_UNKNOWN),
            (trusted, flag::TRUSTED),
        ];
        shape.flags |= flags(&set);
        if !trusted {
            self.refuse_skips(
                &own,
                &format!("the variant `{}`", names::text(&variant.ident)),
            );
            if let Some(span) = own.untagged {
                self.refuse_untagged(span);
            }
            self.require_form(
                &own,
                false,
                &format!("the variant `{}`", names::text(&variant.ident)),
            );
        }
        shape
    }

    fn fields(&mut self, fields: &Fields, around: &Around) -> FieldsShape {
        let set = [
            (matches!(fields, Fields::Named(_)), flag::NAMED),
            (matches!(fields, Fields::Unit), flag::UNIT),
        ];
        let places = fields.iter().enumerate();
        let mut shapes: Vec<FieldShape> = places
            .map(|(place, field)| self.field(place, field, around))
            .collect();
        self.check_field_names(fields, &shapes);
        self.check_flattened(fields, &shapes);
        let called = fields.iter().zip(&shapes).map(|(field, shape)| {
            let own = field.ident.as_ref().map(names::text);
            let read = shape.read_as.iter().chain(&shape.aliases).cloned();
            Called {
                own: own.unwrap_or_else(|| shape.name.clone()),
                stored: [shape.name.clone()].into_iter().chain(read).collect(),
            }
        });
        let called: Vec<Called> = called.collect();
        for (place, shape) in shapes.iter_mut().enumerate() {
            if let (true, Some(called)) = (is_crossed(&called, place), called.get(place)) {
                shape.said.push(in_code(called));
            }
        }
        FieldsShape {
            name: String::new(),
            read_as: None,
            aliases: Vec::new(),
            flags: flags(&set),
            fields: shapes,
            said: Vec::new(),
            discriminant: None,
        }
    }

    fn field(&mut self, place: usize, field: &Field, around: &Around) -> FieldShape {
        let serde = SerdeAttr::read(&field.attrs);
        let attr = SchemaAttr::read(&field.attrs, Place::Field, self.mistakes);
        let own = field
            .ident
            .as_ref()
            .map_or_else(|| place.to_string(), names::text);
        let names = match &field.ident {
            Some(_) => serde.rename.resolve(&around.rule, &own, names::renamed),
            None => Both::default().resolve(&Both::default(), &own, names::renamed),
        };
        let what = format!("the field `{own}`");
        let trusted = attr.trusted || is_phantom(&field.ty);
        let is_absent = serde.skip.is_some()
            || (serde.skip_serializing.is_some() && serde.skip_deserializing.is_some());
        let faithfully = is_faithful_condition(&serde, field, around.default != DefaultBy::None);
        if !trusted {
            self.refuse_skips(&serde, &what);
            self.refuse_condition(&serde, &what, faithfully);
        }
        if !is_absent {
            self.require_form(&serde, attr.opaque.is_some(), &what);
        }
        if !is_absent && attr.opaque.is_none() {
            self.demand_of_type(field, &what, trusted);
        }
        // What is refused already isn't another mistake.
        self.demand_of_serde(&serde, &what, trusted || faithfully);
        let has_own_default = serde.default != DefaultBy::None;
        let is_defaulted_around = !has_own_default && around.default != DefaultBy::None;
        let set = [
            (trusted, flag::TRUSTED),
            (has_own_default, flag::DEFAULT),
            (is_defaulted_around, flag::CONTAINER_DEFAULT),
            (serde.flatten.is_some(), flag::FLATTENED),
            (
                serde.skip_serializing_if.is_some() && faithfully,
                flag::SKIPPED_FAITHFULLY,
            ),
        ];
        let of = match attr.opaque {
            _ if is_absent => FieldType::Absent,
            Some(form) => FieldType::Opaque(Box::new(field.ty.clone()), form),
            None => FieldType::Type(Box::new(self.with_markers(&field.ty, attr.opaque_types))),
        };
        FieldShape {
            read_as: (names.read != names.written).then_some(names.read),
            name: names.written,
            aliases: serde.aliases.clone(),
            flags: flags(&set) | skips(&serde),
            skipped_if: serde
                .skip_serializing_if
                .map(|path| names::unspaced(&path.value())),
            default: if has_own_default {
                serde.default_path
            } else {
                around.default_path.clone()
            },
            said: serde.said,
            of,
        }
    }

    /// The field's type with a marker for each type whose form the user names.
    fn with_markers(&mut self, of: &Type, opaque: Vec<(Type, LitStr)>) -> Type {
        let mut of = of.clone();
        for (old, form) in opaque {
            let name = marker(self.opaque.len());
            let mut new: Type = parse_quote!(#name);
            if let Type::Path(path) = &mut new
                && let Some(segment) = path.path.segments.first_mut()
            {
                segment.ident.set_span(old.span());
            }
            if replace(&mut of, &old, &new) {
                self.opaque.push((old, form));
            } else {
                let (old_shown, shown) = (names::shown(&old), names::shown(&of));
                let error = format!(
                    "`{old_shown}` doesn't stand in `{shown}`: write it as the field's type has it"
                );
                self.mistakes.on(&old, error);
            }
        }
        of
    }
}

/// The Rust name, where that tells apart what stored names don't.
fn in_code(called: &Called) -> Said {
    ("in code", called.own.clone())
}

fn skips(serde: &SerdeAttr) -> u16 {
    flags(&[
        (
            serde.skip.is_some() || serde.skip_serializing.is_some(),
            flag::SKIP_WRITING,
        ),
        (
            serde.skip.is_some() || serde.skip_deserializing.is_some(),
            flag::SKIP_READING,
        ),
    ])
}

fn flags(set: &[(bool, u16)]) -> u16 {
    set.iter()
        .filter(|(is_set, _)| *is_set)
        .fold(0, |all, (_, flag)| all | flag)
}
