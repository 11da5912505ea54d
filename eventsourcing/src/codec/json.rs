//! JSON by `serde_json`: readable in the database, tolerant of added fields. The default for events.

use serde::{Serialize, de::DeserializeOwned};

use super::{Codec, CodecError, Format, strict::Checked};

/// JSON, compact; numbers round-trip exactly.
///
/// What would not read back the same is not written but an error: a NaN or infinite number, `Some(None)`, `Some(())` and
/// `Some` of a unit struct (all of them `null` in JSON), and more than 127 nested arrays and objects. Deeper ones are not
/// read either.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Json;

impl Codec for Json {
    const NAME: &'static str = "json";
    const FORMAT: Format = Format::SelfDescribing;

    fn encode<T: Serialize + ?Sized>(
        &self,
        value: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        serde_json::to_writer(out, &Checked::new(value)).map_err(CodecError::new)
    }

    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, CodecError> {
        serde_json::from_slice(bytes).map_err(CodecError::new)
    }
}
