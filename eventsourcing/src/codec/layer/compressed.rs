//! Compression by zstd, bounded on the way back.
//!
//! Stored: a byte, 0 for bytes as they are behind it; 1 for a length of 4 bytes, the lowest first, and behind it zstd
//! frames of together that length.

use std::cell::RefCell;

use zstd::bulk::{self, Decompressor};

use super::{Layer, LayerError, RowContext};

/// As large as a value may be that the codecs read.
const LIMIT: usize = 64 << 20;
/// Below this nothing is won.
const SMALLEST: usize = 48;
/// A block of 4 bytes is the shortest that yields bytes, and yields no more than this.
const LONGEST_BLOCK: usize = 128 << 10;
const SHORTEST_BLOCK: usize = 4;

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;

/// Compresses by zstd what becomes shorter by it, and stores the rest as it is. Values of at most 64 MiB.
///
/// Opening allocates no more than the length that the row claims, which is checked first: at most 64 MiB, and no more
/// than so many bytes can hold. Under [`Encrypted`](crate::RepositoryBuilder::layer), so before it in the builder: the
/// length of what is encrypted then tells how well it compresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compressed {
    level: i32,
}

impl Compressed {
    /// With zstd's default level, 3.
    pub fn new() -> Self {
        Self::at_level(3)
    }

    /// With this level: 1 to 22, higher ones are slower and may be shorter. Others count as the nearest. Reading takes any.
    pub fn at_level(level: i32) -> Self {
        Self {
            level: level.clamp(1, 22),
        }
    }
}

impl Default for Compressed {
    fn default() -> Self {
        Self::new()
    }
}

thread_local! {
    /// Making one takes longer than decompressing an event.
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

impl Layer for Compressed {
    fn name(&self) -> &'static str {
        "zstd"
    }

    fn seal(&self, _: &RowContext<'_>, bytes: &[u8]) -> Result<Vec<u8>, LayerError> {
        let length = check_length(bytes.len())?;
        let mut sealed = vec![ZSTD];
        sealed.extend_from_slice(&length.to_le_bytes());
        if bytes.len() >= SMALLEST {
            let frame = bulk::compress(bytes, self.level).map_err(LayerError::locked)?;
            sealed.extend_from_slice(&frame);
            if sealed.len() <= bytes.len() {
                return Ok(sealed);
            }
        }
        sealed.clear();
        sealed.push(PLAIN);
        sealed.extend_from_slice(bytes);
        Ok(sealed)
    }

    fn open(&self, _: &RowContext<'_>, bytes: &[u8]) -> Result<Vec<u8>, LayerError> {
        match bytes.split_first() {
            Some((&PLAIN, plain)) => {
                check_length(plain.len())?;
                Ok(plain.to_vec())
            }
            Some((&ZSTD, rest)) => {
                let Some((length, frame)) = rest.split_first_chunk() else {
                    return Err(LayerError::damaged("it ends within the length"));
                };
                decompress(frame, u32::from_le_bytes(*length))
            }
            Some((marker, _)) => Err(LayerError::damaged(format!("unknown marker {marker}"))),
            None => Err(LayerError::damaged("no bytes")),
        }
    }
}

fn check_length(length: usize) -> Result<u32, LayerError> {
    let small = u32::try_from(length).ok().filter(|_| length <= LIMIT);
    small.ok_or_else(|| {
        LayerError::damaged(format!("{length} bytes, more than the limit of {LIMIT}"))
    })
}

fn decompress(frame: &[u8], length: u32) -> Result<Vec<u8>, LayerError> {
    let length = usize::try_from(length).map_err(LayerError::damaged)?;
    check_length(length)?;
    if length > (frame.len() / SHORTEST_BLOCK).saturating_mul(LONGEST_BLOCK) {
        let held = frame.len();
        return Err(LayerError::damaged(format!(
            "{held} bytes can't hold the {length} that they claim"
        )));
    }
    let mut plain = Vec::with_capacity(length);
    DECOMPRESSOR
        .with_borrow_mut(|decompressor| {
            let decompressor = match decompressor {
                Some(decompressor) => decompressor,
                none => none.insert(Decompressor::new()?),
            };
            // The capacity bounds what it writes, and it may be more than was asked for.
            decompressor.decompress_to_buffer(frame, &mut plain)
        })
        .map_err(LayerError::damaged)?;
    if plain.len() != length {
        let found = plain.len();
        return Err(LayerError::damaged(format!(
            "{found} bytes where {length} are claimed"
        )));
    }
    Ok(plain)
}
