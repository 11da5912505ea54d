//! `Metadata`: what is stored beside an event about its circumstances.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// Circumstances of an event: who caused it, as part of what. Handlers never see it.
///
/// A map of texts; stored as JSON. The three well-known keys have methods of their own.
///
/// ```
/// use eventsourcing::Metadata;
///
/// let metadata = Metadata::new().actor("alice").insert("tenant", "acme");
/// assert_eq!(metadata.get("tenant"), Some("acme"));
/// assert_eq!(metadata.get(Metadata::ACTOR), Some("alice"));
/// ```
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(BTreeMap<String, String>);

impl Metadata {
    /// The key of [`Metadata::correlation_id`].
    pub const CORRELATION_ID: &'static str = "correlation_id";
    /// The key of [`Metadata::causation_id`].
    pub const CAUSATION_ID: &'static str = "causation_id";
    /// The key of [`Metadata::actor`].
    pub const ACTOR: &'static str = "actor";

    /// None.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// What the event is part of: the same for everything that one request set off.
    pub fn correlation_id(self, id: impl fmt::Display) -> Self {
        self.insert(Self::CORRELATION_ID, id.to_string())
    }

    /// What directly caused it: the id of a command or of another event.
    pub fn causation_id(self, id: impl fmt::Display) -> Self {
        self.insert(Self::CAUSATION_ID, id.to_string())
    }

    /// Who did it.
    pub fn actor(self, actor: impl fmt::Display) -> Self {
        self.insert(Self::ACTOR, actor.to_string())
    }

    /// Sets `key` to `value`, in the place of an earlier value.
    pub fn insert(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(key.into(), value.into());
        self
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// All keys and values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These, and over them those of `other`.
    pub(crate) fn overlaid(&self, other: Self) -> Self {
        let mut all = self.clone();
        all.0.extend(other.0);
        all
    }

    /// The stored form: a JSON object of strings, nothing at all if there are none.
    pub(crate) fn to_stored(&self) -> Vec<u8> {
        if self.is_empty() {
            return Vec::new();
        }
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads the stored form.
    pub fn from_stored(bytes: &[u8]) -> Result<Self, InvalidMetadata> {
        if bytes.is_empty() {
            return Ok(Self::new());
        }
        serde_json::from_slice(bytes).map_err(InvalidMetadata)
    }
}

/// Stored bytes that are no [`Metadata`].
#[derive(Debug)]
pub struct InvalidMetadata(serde_json::Error);

impl fmt::Display for InvalidMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stored metadata can't be decoded")
    }
}

impl std::error::Error for InvalidMetadata {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
