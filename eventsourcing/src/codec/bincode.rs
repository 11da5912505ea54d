//! Bincode 2 through serde: small and fast, positional. The default for snapshots.
//!
//! Without a limit bincode allocates what hostile bytes ask for and aborts, and damaged bytes often decode
//! (findings.md): so there is a limit here and a checksum on every snapshot row. The crate writes, [`reader`] reads.
mod reader;
mod refused;

use serde::{Serialize, de::DeserializeOwned};

use self::reader::Reader;
use super::{Codec, CodecError, Format, limits::most_elements};

/// Bincode 2.0.1, little endian, variable-length integers, values of at most 64 MiB.
///
/// Decoding fails on values that nest deeper than 128 levels (sequence, map, tuple, struct, newtype, `Some`, or enum
/// variant with content), and on more elements of sequences and maps than the bytes plus 65,536.
///
/// Its upstream has ended development; switching to another codec is one attribute
/// (`#[aggregate(snapshot_codec = eventsourcing::codec::Postcard)]`): snapshots in the old format become stale and are rebuilt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bincode;

const LIMIT: usize = 64 << 20;

impl Codec for Bincode {
    const NAME: &'static str = "bincode";
    const FORMAT: Format = Format::Positional;

    fn encode<T: Serialize + ?Sized>(
        &self,
        value: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        let config = bincode::config::standard();
        bincode::serde::encode_into_std_write(value, out, config).map_err(CodecError::new)?;
        Ok(())
    }

    #[inline]
    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, CodecError> {
        decode_within(most_elements(bytes.len()), bytes)
    }
}

#[inline]
pub(super) fn decode_within<T: DeserializeOwned>(
    elements: usize,
    bytes: &[u8],
) -> Result<T, CodecError> {
    let mut reader = Reader::new(bytes, LIMIT, elements);
    let value = T::deserialize(reader.value()).map_err(CodecError::new)?;
    match reader.left_over() {
        0 => Ok(value),
        rest => Err(CodecError::left_over(rest)),
    }
}

#[cfg(test)]
mod tests;
