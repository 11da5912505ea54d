//! What JSON can't keep is refused while it is written.
//!
//! `serde_json` writes a non-finite number, `Some(None)` and `Some(())` as `null`, which reads back as something else or
//! not at all, and it writes deeper than it reads. [`Strict`] stands between a value and a serializer and makes these
//! errors; whatever it lets through is written by that serializer, byte for byte as without it.
//!
//! A level of depth is a pair of brackets in the text. Structs named `$serde_json::private::…` are how `RawValue` and
//! numbers of arbitrary precision pass through serde; they are no level.
#![expect(
    clippy::inline_always,
    reason = "measured: without it some shapes take half again as long to write"
)]

use std::fmt::Display;

use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// The nested arrays and objects that `serde_json` reads: its counter of 128 fails when it reaches zero.
pub(super) const MAX_DEPTH: u8 = 127;

/// What is written directly around a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Around {
    Other,
    /// `Some`, with nothing but newtypes in between: `null` would read back as `None`.
    Some,
    /// `Some` and a `RawValue`.
    SomeRaw,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    depth: u8,
    around: Around,
}

impl Place {
    #[inline(always)]
    fn within(self, around: Around) -> Self {
        Self { around, ..self }
    }

    #[inline(always)]
    fn below<E: Error>(self, levels: u8) -> Result<Self, E> {
        let depth = self.depth + levels;
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        Ok(Self {
            depth,
            around: Around::Other,
        })
    }

    #[inline(always)]
    fn check_null<E: Error>(self) -> Result<(), E> {
        if self.around == Around::Other {
            Ok(())
        } else {
            Err(lost_some())
        }
    }
}

#[cold]
#[inline(never)]
fn too_deep<E: Error>() -> E {
    E::custom(format_args!(
        "nested deeper than the {MAX_DEPTH} levels that can be read back as JSON: make the value flatter, for example \
         a list of nodes that name their parents"
    ))
}

#[cold]
#[inline(never)]
fn lost_some<E: Error>() -> E {
    E::custom(
        "JSON can't tell `Some(None)` or `Some(())` from `None`: use an enum of your own, or a binary codec",
    )
}

#[cold]
#[inline(never)]
fn not_finite<E: Error>(number: f64) -> E {
    E::custom(format_args!(
        "JSON has no number {number}: refuse it before it gets here, use an `Option` or an enum for \"no value\", or a \
         binary codec"
    ))
}

/// A value that is written through [`Strict`], whichever serializer it is given.
#[derive(Debug)]
pub(super) struct Checked<'a, T: ?Sized> {
    value: &'a T,
    place: Place,
}

impl<'a, T: ?Sized> Checked<'a, T> {
    /// A whole value.
    #[inline(always)]
    pub(super) fn new(value: &'a T) -> Self {
        let place = Place {
            depth: 0,
            around: Around::Other,
        };
        Self { value, place }
    }
}

impl<T: Serialize + ?Sized> Serialize for Checked<'_, T> {
    #[inline(always)]
    fn serialize<S: Serializer>(&self, inner: S) -> Result<S::Ok, S::Error> {
        let place = self.place;
        self.value.serialize(Strict { inner, place })
    }
}

/// A serializer, or the part of one that writes a compound, and where it is.
#[derive(Debug)]
struct Strict<S> {
    inner: S,
    place: Place,
}

macro_rules! as_they_are {
    ($($method:ident($type:ty))*) => {$(
        #[inline(always)]
        fn $method(self, value: $type) -> Result<S::Ok, S::Error> {
            self.inner.$method(value)
        }
    )*};
}

/// `around` is `Other` in each compound but a private one of `serde_json`.
macro_rules! compounds {
    ($($method:ident($($name:ident: $type:ty),*) -> $compound:ident, $levels:literal)*) => {$(
        #[inline(always)]
        fn $method(self, $($name: $type),*) -> Result<Self::$compound, S::Error> {
            let place = self.place.below($levels)?;
            let inner = self.inner.$method($($name),*)?;
            Ok(Strict { inner, place })
        }
    )*};
}

impl<S: Serializer> Serializer for Strict<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Strict<S::SerializeSeq>;
    type SerializeTuple = Strict<S::SerializeTuple>;
    type SerializeTupleStruct = Strict<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Strict<S::SerializeTupleVariant>;
    type SerializeMap = Strict<S::SerializeMap>;
    type SerializeStruct = Strict<S::SerializeStruct>;
    type SerializeStructVariant = Strict<S::SerializeStructVariant>;

    as_they_are! {
        serialize_bool(bool) serialize_char(char)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
    }

    compounds! {
        serialize_seq(len: Option<usize>) -> SerializeSeq, 1
        serialize_tuple(len: usize) -> SerializeTuple, 1
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct, 1
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, len: usize)
            -> SerializeTupleVariant, 2
        serialize_map(len: Option<usize>) -> SerializeMap, 1
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, len: usize)
            -> SerializeStructVariant, 2
    }

    #[inline(always)]
    fn serialize_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        let place = if name.starts_with("$serde_json::private::") {
            match self.place.around {
                Around::Some => self.place.within(Around::SomeRaw),
                Around::Other | Around::SomeRaw => self.place,
            }
        } else {
            self.place.below(1)?
        };
        let inner = self.inner.serialize_struct(name, len)?;
        Ok(Strict { inner, place })
    }

    #[inline(always)]
    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        if value.is_finite() {
            self.inner.serialize_f32(value)
        } else {
            Err(not_finite(value.into()))
        }
    }

    #[inline(always)]
    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        if value.is_finite() {
            self.inner.serialize_f64(value)
        } else {
            Err(not_finite(value))
        }
    }

    #[inline(always)]
    fn serialize_str(self, value: &str) -> Result<S::Ok, S::Error> {
        if self.place.around == Around::SomeRaw && value == "null" {
            return Err(lost_some());
        }
        self.inner.serialize_str(value)
    }

    /// An array of numbers in JSON.
    #[inline(always)]
    fn serialize_bytes(self, value: &[u8]) -> Result<S::Ok, S::Error> {
        self.place.below::<S::Error>(1)?;
        self.inner.serialize_bytes(value)
    }

    #[inline(always)]
    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.place.check_null::<S::Error>()?;
        self.inner.serialize_none()
    }

    #[inline(always)]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let place = self.place.within(Around::Some);
        self.inner.serialize_some(&Checked { value, place })
    }

    #[inline(always)]
    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.place.check_null::<S::Error>()?;
        self.inner.serialize_unit()
    }

    #[inline(always)]
    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.place.check_null::<S::Error>()?;
        self.inner.serialize_unit_struct(name)
    }

    #[inline(always)]
    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit_variant(name, index, variant)
    }

    /// Written as what is in it.
    #[inline(always)]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let place = self.place;
        self.inner
            .serialize_newtype_struct(name, &Checked { value, place })
    }

    #[inline(always)]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let place = self.place.below(1)?;
        self.inner
            .serialize_newtype_variant(name, index, variant, &Checked { value, place })
    }

    #[inline(always)]
    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    #[inline(always)]
    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! elements {
    ($($compound:ident::$method:ident)*) => {$(
        impl<S: $compound> $compound for Strict<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            #[inline(always)]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
                let place = self.place;
                self.inner.$method(&Checked { value, place })
            }

            #[inline(always)]
            fn end(self) -> Result<S::Ok, S::Error> {
                self.inner.end()
            }
        }
    )*};
}

elements! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

macro_rules! fields {
    ($($compound:ident)*) => {$(
        impl<S: $compound> $compound for Strict<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            #[inline(always)]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), S::Error> {
                let place = self.place;
                self.inner.serialize_field(key, &Checked { value, place })
            }

            #[inline(always)]
            fn skip_field(&mut self, key: &'static str) -> Result<(), S::Error> {
                self.inner.skip_field(key)
            }

            #[inline(always)]
            fn end(self) -> Result<S::Ok, S::Error> {
                self.inner.end()
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }

impl<S: SerializeMap> SerializeMap for Strict<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    #[inline(always)]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        let place = self.place;
        self.inner.serialize_key(&Checked { value, place })
    }

    #[inline(always)]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        let place = self.place;
        self.inner.serialize_value(&Checked { value, place })
    }

    #[inline(always)]
    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), S::Error> {
        let place = self.place;
        let (key, value) = (Checked { value: key, place }, Checked { value, place });
        self.inner.serialize_entry(&key, &value)
    }

    #[inline(always)]
    fn end(self) -> Result<S::Ok, S::Error> {
        self.inner.end()
    }
}

#[cfg(test)]
mod tests;
