//! Postcard through serde: as small and fast as bincode, positional, and maintained.
//!
//! Its errors drop what serde's say, so what [`Limits`] refused is asked of them.

use std::marker::PhantomData;

use postcard::ser_flavors::Flavor;
use serde::{Serialize, de::DeserializeOwned};

use super::{Codec, CodecError, Format, bounded::Limits, limits::most_elements};

/// Postcard 1, values of at most 64 MiB.
///
/// Decoding fails on values that nest deeper than 128 levels (sequence, map, tuple, struct, newtype, `Some`, or enum
/// variant with content), and on more elements of sequences and maps than the bytes plus 65,536.
///
/// For snapshots, in the place of bincode, whose upstream has ended development:
/// `#[aggregate(snapshot_codec = eventsourcing::codec::Postcard)]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Postcard;

const LIMIT: usize = 64 << 20;

impl Codec for Postcard {
    const NAME: &'static str = "postcard";
    const FORMAT: Format = Format::Positional;

    fn encode<T: Serialize + ?Sized>(
        &self,
        value: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        let before = out.len();
        postcard::serialize_with_flavor(value, Append(out)).map_err(CodecError::new)?;
        check_size(out.len() - before)
    }

    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, CodecError> {
        decode_within(most_elements(bytes.len()), bytes)
    }
}

pub(super) fn decode_within<T: DeserializeOwned>(
    elements: usize,
    bytes: &[u8],
) -> Result<T, CodecError> {
    check_size(bytes.len())?;
    let mut deserializer = postcard::Deserializer::from_bytes(bytes);
    let limits = Limits::new(elements);
    let value =
        serde::de::DeserializeSeed::deserialize(limits.bound(PhantomData::<T>), &mut deserializer)
            .map_err(|error| match limits.exceeded() {
                Some(exceeded) => CodecError::new(exceeded.to_string()),
                None => CodecError::new(error),
            })?;
    match deserializer.finalize().map_err(CodecError::new)? {
        [] => Ok(value),
        rest => Err(CodecError::left_over(rest.len())),
    }
}

fn check_size(bytes: usize) -> Result<(), CodecError> {
    if bytes <= LIMIT {
        Ok(())
    } else {
        Err(CodecError::new(format!(
            "{bytes} bytes, more than the limit of {LIMIT}"
        )))
    }
}

/// Appends to what is there already.
struct Append<'a>(&'a mut Vec<u8>);

impl Flavor for Append<'_> {
    type Output = ();

    #[inline]
    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    #[inline]
    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        self.0.push(data);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
