//! Encryption by XChaCha20-Poly1305, bound to the row.
//!
//! Stored: a byte for the form (1), a byte for the length of the key's id, the id, a nonce of 24 random bytes, the
//! ciphertext, and its tag of 16 bytes. Authenticated with it: everything before the nonce, and the row's
//! [`associated_data`](super::RowContext::associated_data).

use chacha20poly1305::{
    AeadInOut as _, Tag, XChaCha20Poly1305, XNonce,
    aead::{Generate as _, inout::InOutBuf},
};

use super::{KeyRing, Layer, LayerError, RowContext};

const XCHACHA: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;

/// Encrypts and authenticates, by XChaCha20-Poly1305 with a random nonce for every row.
///
/// The row's clear columns (stream, version, ids, name, codec …: [`RowContext`]) are authenticated with it, so that bytes
/// that were moved to another row can't be opened there. They are not encrypted, and neither is an event's metadata:
/// secrets have no place in ids, names and metadata. The row's length can be seen.
///
/// It does not keep somebody who can write to the store from removing rows or whole streams, or from adding events that
/// were never encrypted, unless the builder says
/// [`only_layered_events`](crate::RepositoryBuilder::only_layered_events).
#[derive(Debug, Clone)]
pub struct Encrypted {
    keys: KeyRing,
}

impl Encrypted {
    /// With these keys.
    pub fn new(keys: KeyRing) -> Self {
        Self { keys }
    }
}

impl Layer for Encrypted {
    fn name(&self) -> &'static str {
        "aead"
    }

    fn seal(&self, row: &RowContext<'_>, bytes: &[u8]) -> Result<Vec<u8>, LayerError> {
        let Some((id, key)) = self.keys.current() else {
            return Err(LayerError::locked("the ring has no key"));
        };
        let nonce = XNonce::try_generate()
            .map_err(|error| LayerError::locked(format!("no random bytes for a nonce: {error}")))?;
        let id_length = u8::try_from(id.len()).map_err(LayerError::locked)?;
        let mut sealed = Vec::with_capacity(2 + id.len() + NONCE + bytes.len() + TAG);
        sealed.extend_from_slice(&[XCHACHA, id_length]);
        sealed.extend_from_slice(id.as_bytes());
        let bound = bound(&sealed, row);
        sealed.extend_from_slice(&nonce);
        let begin = sealed.len();
        sealed.extend_from_slice(bytes);
        let tag = key
            .encrypt_inout_detached(&nonce, &bound, InOutBuf::from(&mut sealed[begin..]))
            .map_err(|_| LayerError::locked("too long to be encrypted").of_key(id))?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    fn open(&self, row: &RowContext<'_>, bytes: &[u8]) -> Result<Vec<u8>, LayerError> {
        let Parts {
            header,
            id,
            nonce,
            ciphertext,
            tag,
        } = Parts::of(bytes)?;
        let key: &XChaCha20Poly1305 = self
            .keys
            .get(id)
            .ok_or_else(|| LayerError::locked(format!("no key {id:?} in the ring")).of_key(id))?;
        let mut opened = ciphertext.to_vec();
        key.decrypt_inout_detached(nonce, &bound(header, row), (&mut *opened).into(), tag)
            .map_err(|_| {
                let why = format!(
                    "the key {id:?} is not the one it was sealed with, or it is not the row it was sealed for, or it was \
                     changed"
                );
                LayerError::locked(why).of_key(id)
            })?;
        Ok(opened)
    }
}

/// What is authenticated beside the bytes.
fn bound(header: &[u8], row: &RowContext<'_>) -> Vec<u8> {
    let mut bound = row.associated_data();
    bound.extend_from_slice(header);
    bound
}

struct Parts<'a> {
    header: &'a [u8],
    id: &'a str,
    nonce: &'a XNonce,
    ciphertext: &'a [u8],
    tag: &'a Tag,
}

impl<'a> Parts<'a> {
    /// Errors are locked ones: a later program may know another form, and only the right key tells damage from a secret.
    fn of(bytes: &'a [u8]) -> Result<Self, LayerError> {
        let short = || LayerError::locked("too short for what it was sealed as");
        let (form, rest) = bytes.split_first().ok_or_else(short)?;
        if *form != XCHACHA {
            return Err(LayerError::locked(format!("unknown form {form}")));
        }
        let (id_length, rest) = rest.split_first().ok_or_else(short)?;
        let (id, rest) = rest
            .split_at_checked(usize::from(*id_length))
            .ok_or_else(short)?;
        let header = bytes.get(..2 + id.len()).ok_or_else(short)?;
        let id =
            std::str::from_utf8(id).map_err(|_| LayerError::locked("the key's id is no text"))?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or_else(short)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG>().ok_or_else(short)?;
        Ok(Self {
            header,
            id,
            nonce: nonce.into(),
            ciphertext,
            tag: tag.into(),
        })
    }
}
