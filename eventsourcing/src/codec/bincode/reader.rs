//! Reads what bincode 2 writes with its standard configuration: little endian, integers of variable length, structs and
//! tuples as their fields, sequences and maps behind their lengths, enums behind the index of their variant.
//!
//! Of our own, for three reasons. Bincode's decoder makes room for a text, zeroed, before it looks whether the input is that
//! long. It has no limits but one on bytes, so that each part of a value would be wrapped to count levels and elements. And
//! its functions are inlined or not by chance, which made a replay half again as long; here what is read often is small and
//! `#[inline]`, and everything else is apart. What decodes, and to which values, is as with the crate: `tests` compares the two.
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::refused::{Refused, Result};
use crate::codec::limits::{MAX_DEPTH, MAX_UNSIZED_ELEMENTS};

/// The first bytes of integers that take two, four, eight and sixteen more. Smaller ones are the integer.
const TWO: u8 = 251;
const FOUR: u8 = 252;
const EIGHT: u8 = 253;
const SIXTEEN: u8 = 254;

/// An input that is read, and what its value may still use up.
#[derive(Debug)]
pub(super) struct Reader<'de> {
    rest: &'de [u8],
    /// The bytes of integers, texts and so on as they are in memory. An integer may take fewer in the input.
    size_left: usize,
    elements: usize,
    elements_left: usize,
}

impl<'de> Reader<'de> {
    /// Of which a value takes at most this many bytes in memory, and has at most this many elements.
    #[inline]
    pub(super) fn new(input: &'de [u8], size: usize, elements: usize) -> Self {
        Self {
            rest: input,
            size_left: size,
            elements,
            elements_left: elements,
        }
    }

    /// The next value. For a type that doesn't contain itself `depth` is known where it is compiled, so counting costs nothing.
    #[inline]
    pub(super) fn value(&mut self) -> Place<'_, 'de> {
        Place {
            reader: self,
            depth: 0,
        }
    }

    /// Bytes that weren't read.
    #[inline]
    pub(super) fn left_over(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    fn count_size(&mut self, bytes: usize) -> Result<()> {
        match self.size_left.checked_sub(bytes) {
            Some(left) => {
                self.size_left = left;
                Ok(())
            }
            None => Err(Refused::too_large()),
        }
    }

    #[inline]
    fn count_element(&mut self) -> Result<()> {
        match self.elements_left.checked_sub(1) {
            Some(left) => {
                self.elements_left = left;
                Ok(())
            }
            None => Err(Refused::too_many(self.elements)),
        }
    }

    #[inline]
    fn take(&mut self, count: usize) -> Result<&'de [u8]> {
        match self.rest.split_at_checked(count) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(Refused::ended()),
        }
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.rest.split_first_chunk() {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(*taken)
            }
            None => Err(Refused::ended()),
        }
    }

    /// Of these bytes in memory, where a first byte above `widest` is none of its.
    #[inline]
    fn integer(&mut self, bytes: usize, widest: u8) -> Result<u64> {
        self.count_size(bytes)?;
        match self.array()? {
            [small @ ..TWO] => Ok(small.into()),
            [TWO] => Ok(u16::from_le_bytes(self.array()?).into()),
            [first] => self.wide_integer(first, widest),
        }
    }

    #[inline(never)]
    fn wide_integer(&mut self, first: u8, widest: u8) -> Result<u64> {
        match first {
            FOUR if widest >= FOUR => Ok(u32::from_le_bytes(self.array()?).into()),
            EIGHT if widest >= EIGHT => Ok(u64::from_le_bytes(self.array()?)),
            _ => Err(Refused::integer()),
        }
    }

    fn integer_of_16_bytes(&mut self) -> Result<u128> {
        self.count_size(16)?;
        match self.array()? {
            [small @ ..TWO] => Ok(small.into()),
            [SIXTEEN] => Ok(u128::from_le_bytes(self.array()?)),
            [TWO] => Ok(u16::from_le_bytes(self.array()?).into()),
            [first] => self.wide_integer(first, EIGHT).map(u128::from),
        }
    }

    #[inline]
    fn length(&mut self) -> Result<usize> {
        let length = self.integer(8, EIGHT)?;
        usize::try_from(length).map_err(|_| Refused::integer())
    }

    #[inline]
    fn bytes(&mut self) -> Result<&'de [u8]> {
        let length = self.length()?;
        self.count_size(length)?;
        self.take(length)
    }

    #[inline]
    fn text(&mut self) -> Result<&'de str> {
        std::str::from_utf8(self.bytes()?).map_err(Refused::text)
    }

    /// Copied before it is checked: where a text isn't aligned, as it rarely is in the input, that looks at each byte alone.
    #[inline]
    fn owned_text(&mut self) -> Result<String> {
        let bytes = self.bytes()?.to_owned();
        String::from_utf8(bytes).map_err(|error| Refused::text(error.utf8_error()))
    }

    #[inline]
    fn byte(&mut self) -> Result<u8> {
        self.count_size(1)?;
        let [byte] = self.array()?;
        Ok(byte)
    }

    #[inline]
    fn flag(&mut self) -> Result<bool> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(Refused::flag(other)),
        }
    }

    /// In UTF-8, without a length.
    fn character(&mut self) -> Result<char> {
        let width = match self.rest.first() {
            Some(0..0x80) => 1,
            Some(0x80..0xe0) => 2,
            Some(0xe0..0xf0) => 3,
            Some(0xf0..) => 4,
            None => return Err(Refused::ended()),
        };
        self.count_size(width)?;
        let text = std::str::from_utf8(self.take(width)?).map_err(Refused::text)?;
        text.chars().next().ok_or_else(Refused::ended)
    }
}

/// Where in the input and how deep in the value reading is.
#[derive(Debug)]
pub(super) struct Place<'a, 'de> {
    reader: &'a mut Reader<'de>,
    depth: u32,
}

impl<'a, 'de> Place<'a, 'de> {
    #[inline]
    fn below(self) -> Result<Self> {
        if self.depth == MAX_DEPTH {
            return Err(Refused::too_deep());
        }
        let depth = self.depth + 1;
        Ok(Self { depth, ..self })
    }

    /// The fields of something, as many as its type says.
    #[inline]
    fn fields<V: Visitor<'de>>(self, count: usize, visitor: V) -> Result<V::Value> {
        visitor.visit_seq(Parts::<'a, 'de, false> {
            place: self.below()?,
            left: count,
        })
    }

    /// The elements of a sequence or the entries of a map, as many as the input says.
    #[inline]
    fn elements(self) -> Result<Parts<'a, 'de, true>> {
        let left = self.reader.length()?;
        let place = self.below()?;
        Ok(Parts { place, left })
    }
}

macro_rules! deserialize {
    ($($method:ident, $visit:ident: $reader:ident => $value:expr;)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let $reader = self.reader;
            visitor.$visit($value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Place<'_, 'de> {
    type Error = Refused;

    deserialize! {
        deserialize_bool, visit_bool: reader => reader.flag()?;
        deserialize_u8, visit_u8: reader => reader.byte()?;
        deserialize_u16, visit_u16: reader => narrow(reader.integer(2, TWO)?)?;
        deserialize_u32, visit_u32: reader => narrow(reader.integer(4, FOUR)?)?;
        deserialize_u64, visit_u64: reader => reader.integer(8, EIGHT)?;
        deserialize_u128, visit_u128: reader => reader.integer_of_16_bytes()?;
        deserialize_i8, visit_i8: reader => reader.byte()?.cast_signed();
        deserialize_i16, visit_i16: reader => narrow(signed(reader.integer(2, TWO)?))?;
        deserialize_i32, visit_i32: reader => narrow(signed(reader.integer(4, FOUR)?))?;
        deserialize_i64, visit_i64: reader => signed(reader.integer(8, EIGHT)?);
        deserialize_i128, visit_i128: reader => {
            let number = reader.integer_of_16_bytes()?;
            ((number >> 1) ^ (number & 1).wrapping_neg()).cast_signed()
        };
        deserialize_f32, visit_f32: reader => {
            reader.count_size(4)?;
            f32::from_le_bytes(reader.array()?)
        };
        deserialize_f64, visit_f64: reader => {
            reader.count_size(8)?;
            f64::from_le_bytes(reader.array()?)
        };
        deserialize_char, visit_char: reader => reader.character()?;
        deserialize_str, visit_borrowed_str: reader => reader.text()?;
        deserialize_string, visit_string: reader => reader.owned_text()?;
        deserialize_bytes, visit_borrowed_bytes: reader => reader.bytes()?;
        deserialize_byte_buf, visit_byte_buf: reader => reader.bytes()?.to_owned();
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.reader.flag()? {
            visitor.visit_some(self.below()?)
        } else {
            visitor.visit_none()
        }
    }

    #[inline]
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    #[inline]
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_unit()
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_newtype_struct(self.below()?)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_seq(self.elements()?)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_map(self.elements()?)
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.fields(len, visitor)
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.fields(len, visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.fields(fields.len(), visitor)
    }

    // A level begins with the variant's content: unit variants have none.
    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_enum(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
        Err(Refused::untyped())
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
        Err(Refused::untyped())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
        Err(Refused::untyped())
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }
}

#[inline]
fn narrow<From, To: TryFrom<From>>(wide: From) -> Result<To> {
    To::try_from(wide).map_err(|_| Refused::integer())
}

/// 0, -1, 1, -2, and so on.
#[inline]
fn signed(number: u64) -> i64 {
    ((number >> 1) ^ (number & 1).wrapping_neg()).cast_signed()
}

/// The parts of a value that are still to be read, and whether the input says how many (and not the type).
struct Parts<'a, 'de, const COUNTED: bool> {
    place: Place<'a, 'de>,
    left: usize,
}

impl<'de, const COUNTED: bool> Parts<'_, 'de, COUNTED> {
    #[inline]
    fn read<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        seed.deserialize(Place {
            reader: &mut *self.place.reader,
            depth: self.place.depth,
        })
    }

    #[inline]
    fn next<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        let part = self.read(seed)?;
        if COUNTED {
            self.place.reader.count_element()?;
        }
        Ok(Some(part))
    }

    /// Collections of other crates reserve what is hinted, unlike serde's own.
    #[inline]
    fn hint(&self) -> usize {
        if COUNTED {
            let most = self.place.reader.elements_left.min(MAX_UNSIZED_ELEMENTS);
            self.left.min(most)
        } else {
            self.left
        }
    }
}

impl<'de, const COUNTED: bool> SeqAccess<'de> for Parts<'_, 'de, COUNTED> {
    type Error = Refused;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        self.next(seed)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.hint())
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de, true> {
    type Error = Refused;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        self.next(seed)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        self.read(seed)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.hint())
    }
}

impl<'de> EnumAccess<'de> for Place<'_, 'de> {
    type Error = Refused;
    type Variant = Self;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self)> {
        let index: u32 = narrow(self.reader.integer(4, FOUR)?)?;
        let variant = seed.deserialize(index.into_deserializer())?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Place<'_, 'de> {
    type Error = Refused;

    #[inline]
    fn unit_variant(self) -> Result<()> {
        Ok(())
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value> {
        seed.deserialize(self.below()?)
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.fields(len, visitor)
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.fields(fields.len(), visitor)
    }
}
