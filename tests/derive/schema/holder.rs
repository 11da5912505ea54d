//! A state around a type, and which codecs a repository of it can be built with.

use eventsourcing::{
    codec::{Bincode, Codec, CodecError, Json},
    prelude::*,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Began;

/// A state with this type inside, kept by this codec; what building a repository says.
macro_rules! state {
    ($inner:ty) => {{
        #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
        #[aggregate(name = "holder", id = u32, create(Began))]
        struct Holder {
            inner: Vec<$inner>,
        }

        impl HolderHandlers for Holder {
            fn began(_: &u32, _: Began) -> Self {
                Self { inner: Vec::new() }
            }
        }

        crate::schema::holder::built::<Holder>
    }};
}
pub(crate) use state;

/// What building a repository of the state with this codec says.
pub(crate) fn built<A: Aggregate>(codec: &str) -> Result<(), String> {
    let builder = Repository::<A>::builder(MemoryStore::new());
    let built = match codec {
        "json" => builder.snapshot_codec(Json).build(),
        "bincode" => builder.snapshot_codec(Bincode).build(),
        _ => builder.snapshot_codec(Silent).build(),
    };
    built.map(drop).map_err(|error| {
        assert!(
            matches!(error.kind(), ErrorKind::InvalidConfiguration),
            "{error:?}"
        );
        error.to_string()
    })
}

/// A codec of somebody else's, who doesn't say what kind it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Silent;

impl Codec for Silent {
    const NAME: &'static str = "silent";

    fn encode<T: Serialize + ?Sized>(
        &self,
        value: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        Json.encode(value, out)
    }

    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, CodecError> {
        Json.decode(bytes)
    }
}

/// Every codec.
pub(crate) const ALL: &[&str] = &["json", "bincode", "silent"];

/// Which codecs take the type; the others' errors have the path and these words.
#[track_caller]
pub(crate) fn check(
    build: impl Fn(&str) -> Result<(), String>,
    taken_by: &[&str],
    path: &str,
    words: &str,
) {
    for codec in ALL {
        match build(codec) {
            Ok(()) => assert!(taken_by.contains(codec), "{codec} took it"),
            Err(error) => {
                assert!(!taken_by.contains(codec), "{codec} refused it: {error}");
                assert!(
                    error.contains(&format!("`{path}`")),
                    "{codec}: no {path} in: {error}"
                );
                assert!(error.contains(words), "{codec}: no {words} in: {error}");
                assert!(
                    error.contains("holder") && error.contains("the state"),
                    "{error}"
                );
            }
        }
    }
}
