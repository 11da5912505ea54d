//! The limits on decoding for a deserializer of another crate. [`Limits::bound`] wraps what is decoded. The values that
//! decode, and every other error, stay as they are.
//!
//! The one wrapper, [`Bounded`], implements each of serde's decoding traits over what implements that trait. A method
//! left out would fall back to serde's default and change what decodes: the list in `tests` has one shape for each.
use std::{cell::Cell, fmt};

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::limits::{Exceeded, MAX_DEPTH, MAX_UNSIZED_ELEMENTS};

/// What the decoding of one input may use up.
#[derive(Debug)]
pub(super) struct Limits {
    elements: usize,
    left: Cell<usize>,
    exceeded: Cell<Option<Exceeded>>,
}

impl Limits {
    pub(super) fn new(elements: usize) -> Self {
        Self {
            elements,
            left: Cell::new(elements),
            exceeded: Cell::new(None),
        }
    }

    /// Wraps a seed (`PhantomData<T>` for a type) or a deserializer; all that is decoded through it is counted here.
    pub(super) fn bound<T>(&self, inner: T) -> Bounded<'_, T> {
        let place = Place {
            limits: self,
            depth: 0,
            counted: false,
        };
        place.around(inner)
    }

    #[inline]
    fn take_element<E: Error>(&self) -> Result<(), E> {
        let Some(left) = self.left.get().checked_sub(1) else {
            let limit = self.elements;
            return Err(self.refuse(Exceeded::Elements { limit }));
        };
        self.left.set(left);
        Ok(())
    }

    /// The limit that decoding ended at. For formats whose errors lose what they are made of.
    pub(super) fn exceeded(&self) -> Option<Exceeded> {
        self.exceeded.get()
    }

    // Apart, so that what runs for each element stays small enough to be inlined.
    #[cold]
    #[inline(never)]
    fn refuse<E: Error>(&self, exceeded: Exceeded) -> E {
        self.exceeded.set(Some(exceeded));
        E::custom(exceeded)
    }
}

/// Where in the value decoding is.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    limits: &'a Limits,
    depth: u32,
    /// Whether the input says how many elements there are here, and not the type.
    counted: bool,
}

impl<'a> Place<'a> {
    #[inline]
    fn around<T>(self, inner: T) -> Bounded<'a, T> {
        Bounded { inner, place: self }
    }

    #[inline]
    fn counting(self, counted: bool) -> Self {
        Self { counted, ..self }
    }

    #[inline]
    fn below<E: Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(self.limits.refuse(Exceeded::Depth));
        }
        let depth = self.depth + 1;
        Ok(Self { depth, ..self })
    }

    #[inline]
    fn take_if_element<T, E: Error>(self, element: Option<T>) -> Result<Option<T>, E> {
        if self.counted && element.is_some() {
            self.limits.take_element()?;
        }
        Ok(element)
    }

    /// Collections of other crates reserve what is hinted, unlike serde's own.
    #[inline]
    fn cap_hint(self, hint: Option<usize>) -> Option<usize> {
        if !self.counted {
            return hint;
        }
        let most = self.limits.left.get().min(MAX_UNSIZED_ELEMENTS);
        hint.map(|elements| elements.min(most))
    }
}

/// A seed, deserializer, visitor or access that counts against [`Limits`].
#[derive(Debug)]
pub(super) struct Bounded<'a, T> {
    inner: T,
    place: Place<'a>,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Bounded<'_, S> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(self.place.around(deserializer))
    }
}

/// Methods of `Deserializer`, and whether the input says how many elements their values have.
macro_rules! deserialize {
    ($counted:literal: $($method:ident($($name:ident: $type:ty),*))*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($name: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            let visitor = self.place.counting($counted).around(visitor);
            self.inner.$method($($name,)* visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Bounded<'_, D> {
    type Error = D::Error;

    deserialize! { true:
        deserialize_any() deserialize_ignored_any() deserialize_seq() deserialize_map()
    }

    deserialize! { false:
        deserialize_bool()
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64()
        deserialize_char() deserialize_str() deserialize_string()
        deserialize_bytes() deserialize_byte_buf()
        deserialize_option() deserialize_unit() deserialize_identifier()
        deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str)
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Methods of `Visitor` that get a finished value.
macro_rules! visit {
    ($($method:ident($type:ty))*) => {$(
        #[inline]
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.inner.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Bounded<'_, V> {
    type Value = V::Value;

    visit! {
        visit_bool(bool)
        visit_i8(i8) visit_i16(i16) visit_i32(i32) visit_i64(i64) visit_i128(i128)
        visit_u8(u8) visit_u16(u16) visit_u32(u32) visit_u64(u64) visit_u128(u128)
        visit_f32(f32) visit_f64(f64)
        visit_char(char) visit_str(&str) visit_borrowed_str(&'de str) visit_string(String)
        visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8]) visit_byte_buf(Vec<u8>)
    }

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(formatter)
    }

    #[inline]
    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner
            .visit_some(self.place.below()?.around(deserializer))
    }

    #[inline]
    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<V::Value, D::Error> {
        self.inner
            .visit_newtype_struct(self.place.below()?.around(deserializer))
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(self.place.below()?.around(elements))
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(self.place.below()?.around(entries))
    }

    // A level begins with the variant's content: unit variants have none.
    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(self.place.around(variant))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Bounded<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let element = self.inner.next_element_seed(self.place.around(seed))?;
        self.place.take_if_element(element)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.place.cap_hint(self.inner.size_hint())
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Bounded<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let key = self.inner.next_key_seed(self.place.around(seed))?;
        self.place.take_if_element(key)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(self.place.around(seed))
    }

    #[inline]
    fn next_entry_seed<K: DeserializeSeed<'de>, S: DeserializeSeed<'de>>(
        &mut self,
        key: K,
        value: S,
    ) -> Result<Option<(K::Value, S::Value)>, A::Error> {
        let (key, value) = (self.place.around(key), self.place.around(value));
        let entry = self.inner.next_entry_seed(key, value)?;
        self.place.take_if_element(entry)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.place.cap_hint(self.inner.size_hint())
    }
}

impl<'a, 'de, A: EnumAccess<'de>> EnumAccess<'de> for Bounded<'a, A> {
    type Error = A::Error;
    type Variant = Bounded<'a, A::Variant>;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let (name, content) = self.inner.variant_seed(self.place.around(seed))?;
        Ok((name, self.place.around(content)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Bounded<'_, A> {
    type Error = A::Error;

    #[inline]
    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.inner
            .newtype_variant_seed(self.place.below()?.around(seed))
    }

    // The level of the next two begins when the visitor gets the fields.
    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.inner
            .tuple_variant(len, self.place.counting(false).around(visitor))
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.inner
            .struct_variant(fields, self.place.counting(false).around(visitor))
    }
}

#[cfg(test)]
mod tests;
