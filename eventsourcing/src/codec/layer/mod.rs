//! Layers: bytes to bytes, between a codec and the store.
//!
//! A repository writes events, and snapshots, through the layers that its builder names, the first one nearest to the
//! codec. A row says so: its codec's name is followed by those of its layers, as in `json+zstd+aead`. Rows are read by
//! what they say of themselves:
//!
//! - An event stored through fewer, more or other layers is read, as long as the repository knows each of them: those it
//!   writes through, those of [`readable_layer`](crate::RepositoryBuilder::readable_layer), and [`Compressed`], which
//!   needs no secret. So layers can be switched on, and off, for streams that exist.
//! - An event that needs a layer which is not known is [`ErrorKind::UnknownLayer`](crate::ErrorKind::UnknownLayer), one
//!   that its layer can't open is [`ErrorKind::Locked`](crate::ErrorKind::Locked). Both name the layer, the stream and
//!   the version.
//! - A snapshot of other layers is stale, and one that can't be opened is unreadable
//!   ([`SnapshotMiss`](crate::snapshot::SnapshotMiss)): both are left as they are, and the load replays.
//!
//! ```
//! # #[cfg(all(feature = "compression", feature = "encryption", feature = "derive"))]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use eventsourcing::codec::layer::{Compressed, Encrypted, KeyRing};
//! use eventsourcing::prelude::*;
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Event, Clone, Debug, Serialize, Deserialize)]
//! # pub struct Written { pub text: String }
//! # #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
//! # #[aggregate(id = String, create(Written))]
//! # pub struct Letter { text: String }
//! # impl LetterHandlers for Letter {
//! #     fn written(_: &String, event: Written) -> Self { Letter { text: event.text } }
//! # }
//! # let (last_years, this_years) = ([7; 32], [8; 32]);
//!
//! // New rows are sealed with the key "2027"; those of "2026" are still read.
//! let keys = KeyRing::new("2027", this_years)?.and("2026", last_years)?;
//! let store = MemoryStore::new();
//! let letters = Repository::<Letter>::builder(store.clone())
//!     .layer(Compressed::new())
//!     .layer(Encrypted::new(keys))
//!     .build()?;
//! let mut letter = letters.create("1".into(), Written { text: "dear Ada".into() });
//! letters.save(&mut letter).await?;
//! assert_eq!(letters.load("1".to_owned()).await?.text, "dear Ada");
//!
//! let without_keys = Repository::<Letter>::builder(store).build()?;
//! let error = without_keys.load("1".to_owned()).await.unwrap_err();
//! assert_eq!(*error.kind(), ErrorKind::UnknownLayer { layer: "aead".into() });
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "compression", feature = "encryption", feature = "derive")))]
//! # fn main() {}
//! ```

#[cfg(feature = "compression")]
mod compressed;
mod context;
#[cfg(feature = "encryption")]
mod encrypted;
#[cfg(feature = "encryption")]
mod keys;
pub(crate) mod stack;

use std::{error::Error as StdError, fmt, sync::Arc};

#[cfg(feature = "compression")]
pub use self::compressed::Compressed;
pub use self::context::{EventContext, RowContext, SnapshotContext};
#[cfg(feature = "encryption")]
pub use self::encrypted::Encrypted;
#[cfg(feature = "encryption")]
pub use self::keys::KeyRing;

/// Bytes to bytes, on their way to the store and back.
///
/// It is told which row they belong to. Bytes are hostile when they are opened: bounded in memory, an error instead of a
/// panic. What is sealed is opened again and compared before it is stored.
pub trait Layer: fmt::Debug + Send + Sync + 'static {
    /// The name that is stored with every row: 1 to 32 of `a`–`z`, `0`–`9`, `_`, `-`, `.`. Never reuse one for another
    /// format. Keys have no place in it: rows of another name are another snapshot's.
    fn name(&self) -> &str;

    /// What is stored in the place of these bytes.
    fn seal(&self, row: &RowContext<'_>, bytes: &[u8]) -> Result<Vec<u8>, LayerError>;

    /// The bytes that were sealed, for exactly this row.
    fn open(&self, row: &RowContext<'_>, bytes: &[u8]) -> Result<Vec<u8>, LayerError>;
}

// A wrapper that forgot a method would silently lose what the inner layer does there.
#[deny(clippy::missing_trait_methods)]
impl<L: Layer + ?Sized> Layer for Arc<L> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn seal(&self, row: &RowContext<'_>, bytes: &[u8]) -> Result<Vec<u8>, LayerError> {
        (**self).seal(row, bytes)
    }

    fn open(&self, row: &RowContext<'_>, bytes: &[u8]) -> Result<Vec<u8>, LayerError> {
        (**self).open(row, bytes)
    }
}

/// What a layer could not seal or open.
#[derive(Debug)]
pub struct LayerError {
    key: Option<String>,
    damaged: bool,
    source: Box<dyn StdError + Send + Sync>,
}

impl LayerError {
    /// This program can't, another may: it has another key. Such a row is left as it is.
    pub fn locked(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            key: None,
            damaged: false,
            source: source.into(),
        }
    }

    /// Nobody can: these are no bytes of this layer. A snapshot of such bytes is bad, and replaced.
    pub fn damaged(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            damaged: true,
            ..Self::locked(source)
        }
    }

    /// Names the key that it takes. Never the key itself.
    pub fn of_key(mut self, id: impl Into<String>) -> Self {
        self.key = Some(id.into());
        self
    }

    /// The id of the key that it takes.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Whether nobody can open these bytes.
    pub fn is_damaged(&self) -> bool {
        self.damaged
    }
}

impl fmt::Display for LayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl StdError for LayerError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.source()
    }
}
