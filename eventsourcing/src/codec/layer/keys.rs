//! The keys of [`Encrypted`](super::Encrypted), by id.

use std::fmt;

use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use zeroize::Zeroizing;

use crate::{Error, ErrorKind, Result};

/// The key that new rows are sealed with, and those that rows can be opened with. Each is known by an id, which is stored
/// in the clear.
///
/// To rotate, begin a ring with the new key and add the old one by [`and`](Self::and): new rows are sealed with the new,
/// old ones opened with the old. An old key is needed for as long as an event sealed with it is to be read; snapshots of
/// a key that is gone are replayed. Every program needs a new key before the first one seals with it: until then add it
/// by `and`.
///
/// Keys are zeroed when the ring is dropped, and `Debug` shows ids only.
#[derive(Clone)]
pub struct KeyRing {
    /// The first is the current one.
    keys: Vec<(String, XChaCha20Poly1305)>,
}

impl KeyRing {
    /// The longest id, in bytes.
    pub const MAX_ID_LEN: usize = 64;

    /// With the key for new rows: 32 bytes from a source of randomness, no password. Errors:
    /// [`ErrorKind::InvalidConfiguration`] if the id is empty, too long, or has control characters.
    pub fn new(id: impl Into<String>, key: [u8; 32]) -> Result<Self> {
        Self { keys: Vec::new() }.and(id, key)
    }

    /// And a key that rows can be opened with. Errors: as [`new`](Self::new), and if the id is there already.
    pub fn and(mut self, id: impl Into<String>, key: [u8; 32]) -> Result<Self> {
        let (id, key) = (id.into(), Zeroizing::new(key));
        let wrong = |what: String| {
            let error = Error::new(ErrorKind::InvalidConfiguration).during("build");
            Err(error.because(format!("key id {id:?}: {what}")))
        };
        if id.is_empty() || id.len() > Self::MAX_ID_LEN || id.chars().any(char::is_control) {
            let longest = Self::MAX_ID_LEN;
            return wrong(format!("1 to {longest} bytes without control characters"));
        }
        if self.get(&id).is_some() {
            return wrong("it is in the ring already".to_owned());
        }
        self.keys.push((id, XChaCha20Poly1305::new((&*key).into())));
        Ok(self)
    }

    /// The ids, that of new rows first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|(id, _)| &**id)
    }

    pub(super) fn current(&self) -> Option<(&str, &XChaCha20Poly1305)> {
        self.keys.first().map(|(id, key)| (&**id, key))
    }

    pub(super) fn get(&self, id: &str) -> Option<&XChaCha20Poly1305> {
        let found = self.keys.iter().find(|(of, _)| of == id);
        found.map(|(_, key)| key)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyRing")
            .field(&self.ids().collect::<Vec<_>>())
            .finish()
    }
}
