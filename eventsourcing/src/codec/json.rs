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
        // Checked at once: read from bytes, each string would be checked by itself.
        let text = std::str::from_utf8(bytes).map_err(CodecError::new)?;
        serde_json::from_str(text).map_err(CodecError::new)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{Codec as _, Json};

    #[derive(Deserialize)]
    struct Named {
        name: String,
    }

    #[test]
    fn what_is_not_utf_8_is_no_json() {
        let read: Named = Json.decode("{\"name\":\"\u{e9}\"}".as_bytes()).unwrap();
        assert_eq!(read.name, "\u{e9}");
        for bytes in [
            b"{\"name\":\"\xff\"}".as_slice(),
            b"{\"name\":\"a\",\"other\":\"\xc3\"}",
            b"{\"name\":\"a\"}\xff",
        ] {
            assert!(Json.decode::<Named>(bytes).is_err(), "{bytes:?}");
        }
    }
}
