//! Codecs: typed values to bytes and back. A codec is a file here, and nothing else. [`layer`] has what may lie between a
//! codec and the store: compression, encryption.

#[cfg(feature = "bincode")]
mod bincode;
#[cfg(feature = "postcard")]
mod bounded;
pub(crate) mod erased;
mod json;
pub mod layer;
#[cfg(any(feature = "bincode", feature = "postcard"))]
mod limits;
#[cfg(feature = "postcard")]
mod postcard;
mod strict;

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

#[cfg(feature = "bincode")]
pub use self::bincode::Bincode;
pub use self::json::Json;
#[cfg(feature = "postcard")]
pub use self::postcard::Postcard;

/// Typed values to bytes and back. Its name is stored with every row, so that a row is always read by the
/// codec that wrote it.
///
/// Decoding treats bytes as hostile: bounded in memory and depth, an error instead of a panic, and left-over
/// bytes are an error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a codec",
    label = "not a codec",
    note = "use one of `eventsourcing::codec`, such as `Json` or `Bincode`, or implement `Codec` for `{Self}`"
)]
pub trait Codec: fmt::Debug + Clone + Send + Sync + 'static {
    /// The stored name. Never reuse one for another format.
    const NAME: &'static str;

    /// What kind of format it is, which says what it can't keep.
    const FORMAT: Format = Format::Unstated;

    /// Appends the bytes of `value` to `out`.
    fn encode<T: Serialize + ?Sized>(&self, value: &T, out: &mut Vec<u8>)
    -> Result<(), CodecError>;

    /// Reads a value from exactly these bytes.
    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, CodecError>;
}

/// What kind of format a codec writes: how a reader knows what a value is made of.
///
/// Types that a kind can't keep are refused for codecs of that kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// The bytes say what they are, as in JSON. An absent value is written as one null: it can't keep
    /// `Option<Option<_>>`, `Option<()>` and, with no number for them, NaN and infinity.
    SelfDescribing,
    /// The type says what the bytes are, as in bincode and postcard. It can't keep `#[serde(flatten)]`, `untagged`,
    /// `skip_serializing_if` and recursive types (deep input would overflow their stack).
    Positional,
    /// Nobody said: what either kind can't keep is refused.
    #[default]
    Unstated,
}

/// What a codec could not write or read.
#[derive(Debug)]
pub struct CodecError(Box<dyn std::error::Error + Send + Sync>);

impl CodecError {
    /// With the error of the format's own crate, or a text.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }

    /// What was read ends before its bytes do.
    #[cfg(any(feature = "bincode", feature = "postcard"))]
    #[cold]
    fn left_over(bytes: usize) -> Self {
        Self::new(format!("{bytes} bytes are left over"))
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for CodecError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// The codec of snapshots where nothing else is said.
#[cfg(feature = "bincode")]
pub(crate) type DefaultSnapshotCodec = Bincode;
/// The codec of snapshots where nothing else is said.
#[cfg(not(feature = "bincode"))]
pub(crate) type DefaultSnapshotCodec = Json;
