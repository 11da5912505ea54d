//! Bincode 2 through serde: small and fast, positional. The default for snapshots.
//!
//! Without a limit bincode allocates what hostile bytes ask for and aborts, and damaged bytes often decode
//! (findings.md): so there is a limit here and a checksum on every snapshot row. Its limit counts bytes only; depth
//! and elements without size are `bounded`'s.
use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use super::{Codec, CodecError, Format, bounded::Limits};

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

fn config() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<LIMIT>()
}

impl Codec for Bincode {
    const NAME: &'static str = "bincode";
    const FORMAT: Format = Format::Positional;

    fn encode<T: Serialize + ?Sized>(
        &self,
        value: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        bincode::serde::encode_into_std_write(value, out, config()).map_err(CodecError::new)?;
        Ok(())
    }

    #[inline]
    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, CodecError> {
        let limits = Limits::of_input(bytes.len());
        let seed = limits.bound(PhantomData::<T>);
        let (value, read) = bincode::serde::seed_decode_from_slice(seed, bytes, config())
            .map_err(CodecError::new)?;
        if read == bytes.len() {
            Ok(value)
        } else {
            let rest = bytes.len() - read;
            Err(CodecError::new(format!("{rest} bytes are left over")))
        }
    }
}
