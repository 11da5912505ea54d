//! What a self-describing codec writes as it writes an absent value. `Some` of it reads back as `None`.

use super::Walk;
use crate::schema::description::{Body, Shape, Tagging, Variant};

impl Walk<'_> {
    /// Whether a value of this shape is a null where that is how an absent one is written.
    pub(super) fn is_null(&self, shape: &Shape, depth: usize) -> bool {
        match shape {
            Shape::Known("Option" | "()" | "PhantomData", _) => true,
            // Written as what is in it.
            Shape::Known("Reverse" | "Wrapping" | "Saturating", inner) => {
                inner.iter().any(|inner| self.is_null(inner, depth))
            }
            Shape::Defined(place) if depth <= self.definitions.len() => {
                let definition = self.definitions.get(*place);
                definition.is_some_and(|definition| self.is_null_body(&definition.body, depth + 1))
            }
            _ => false,
        }
    }

    fn is_null_body(&self, body: &Body, depth: usize) -> bool {
        if let Some(inner) = body.written_as() {
            return self.is_null(inner, depth);
        }
        match body {
            Body::Struct(fields, None) => fields.is_unit,
            // A variant without a tag is written as what is in it.
            Body::Enum(tagging, variants) => variants.iter().any(|variant| {
                (*tagging == Tagging::Untagged || variant.is_untagged)
                    && self.is_null_variant(variant, depth)
            }),
            Body::Converted {
                into: None,
                own: Some(own),
                ..
            } => self.is_null_body(own, depth),
            _ => false,
        }
    }

    fn is_null_variant(&self, variant: &Variant, depth: usize) -> bool {
        variant.is_unit
            || variant
                .newtype()
                .is_some_and(|inner| self.is_null(inner, depth))
    }
}

impl Variant {
    /// What a newtype is written as.
    pub(super) fn newtype(&self) -> Option<&Shape> {
        match self.fields.as_slice() {
            [only] if !self.has_names => only.shape.as_ref(),
            _ => None,
        }
    }
}

impl Body {
    /// The one shape that it is written as.
    pub(super) fn written_as(&self) -> Option<&Shape> {
        match self {
            Self::Struct(fields, None) => fields.newtype(),
            Self::Transparent(shape) => Some(shape),
            Self::Converted { into, .. } => into.as_ref(),
            _ => None,
        }
    }
}
