//! JSON by `serde_json`: readable in the database, tolerant of added fields. The default for events.

use serde::{Serialize, de::DeserializeOwned};

use super::{Codec, CodecError};

/// JSON, compact. Nesting is limited to 128 levels when it is read; numbers round-trip exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Json;

impl Codec for Json {
    const NAME: &'static str = "json";

    fn encode<T: Serialize + ?Sized>(
        &self,
        value: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        serde_json::to_writer(out, value).map_err(CodecError::new)
    }

    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, CodecError> {
        serde_json::from_slice(bytes).map_err(CodecError::new)
    }
}
