//! `tag = "…"`: the tag is written among the fields of what it stands in, which must have fields, and none of its name.

use super::{
    Unfaithful, Walk,
    forms::{Form, Way},
};
use crate::schema::description::{Body, Shape, Tagging, Variant};

impl<'a> Walk<'a> {
    pub(super) fn tagged_variant(
        &self,
        variant: &'a Variant,
        tag: &'static str,
    ) -> Result<(), Unfaithful> {
        if variant.fields.iter().any(|field| field.is_trusted) {
            return Ok(());
        }
        let content = variant.newtype();
        if content.is_some_and(|content| !self.has_fields(content)) {
            return self.refuse(
                "a tag can't be written into what has no fields: give the variant a field with a name, or use `tag` with `content`",
            );
        }
        let names = match content {
            Some(content) => self.reading(content, &mut Vec::new()),
            None => self.reading_fields(variant, &mut Vec::new()),
        };
        self.has_tag_once(tag, names.has(tag))
    }

    pub(super) fn tagged_struct(
        &self,
        fields: &'a Variant,
        tag: &'static str,
    ) -> Result<(), Unfaithful> {
        if fields.denies_unknown {
            return self.refuse(
                "`deny_unknown_fields` refuses the `tag` of a struct when it is read: leave out one of both",
            );
        }
        let names = self.reading_fields(fields, &mut Vec::new());
        self.has_tag_once(tag, names.has(tag))
    }

    fn has_tag_once(&self, tag: &str, is_taken: bool) -> Result<(), Unfaithful> {
        if is_taken {
            return self.refuse(format!(
                "`{tag}` is the name of the tag, and of a field (or another tag) beside it: rename one of both"
            ));
        }
        Ok(())
    }

    /// Whether serde writes a value of this shape as fields, among which others can stand.
    pub(super) fn has_fields(&self, shape: &Shape) -> bool {
        self.has_fields_inside(shape, self.definitions.len())
    }

    fn has_fields_inside(&self, shape: &Shape, left: usize) -> bool {
        match self.form(shape, Way::Writing) {
            Form::Shape(Shape::Known(name, _)) => matches!(
                *name,
                "BTreeMap"
                    | "HashMap"
                    | "serde_json::Map"
                    | "()"
                    | "PhantomData"
                    | "Duration"
                    | "SystemTime"
                    | "Range"
                    | "RangeInclusive"
                    | "RangeFrom"
                    | "RangeTo"
                    | "Bound"
                    | "Result"
            ),
            Form::Shape(Shape::Tuple(_) | Shape::Array(..)) => false,
            Form::Body(Body::Struct(fields, _)) => fields.has_names || fields.is_unit,
            Form::Body(Body::Enum(tagging, variants)) => variants.iter().all(|variant| {
                let is_bare = *tagging == Tagging::Untagged || variant.is_untagged;
                !is_bare || variant.has_names || variant.is_unit || {
                    let content = variant.newtype();
                    left > 0
                        && content.is_some_and(|content| self.has_fields_inside(content, left - 1))
                }
            }),
            // Unknown.
            Form::Shape(_) | Form::Body(_) => true,
        }
    }
}
