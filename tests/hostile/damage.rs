//! Hostile bytes: random ones, and valid ones that were damaged in the ways that decoders fall for.

use fastrand::Rng;

/// What the lengths and numbers of each format look like when they lie. A value beyond a few megabytes but within a
/// codec's limit costs the time to clear that memory, so it is rare.
const LIES: &[&[u8]] = &[
    // bincode: markers of 2, 4, 8 and 16 bytes.
    &[0xfb, 0xff, 0xff],
    &[0xfc, 0xff, 0xff, 0x0f, 0x00],
    &[0xfc, 0xff, 0xff, 0xff, 0xff],
    &[0xfd, 0, 0, 0, 0, 0, 1, 0, 0],
    &[0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    &[0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[
        0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0x80,
    ],
    // postcard: seven bits a byte.
    &[0xff, 0x7f],
    &[0xff, 0xff, 0xff, 0x07],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    &[
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    ],
    // JSON.
    b"1e999",
    b"-1e-999",
    b"340282366920938463463374607431768211456",
    b"18446744073709551616",
    b"null",
    b"\"\\ud800\"",
    b"\"\\u0000",
    b"NaN",
    b"{}",
    b"[]",
    b",",
    b"\xff\xfe",
];

/// What nests, a level each time it is repeated.
const LEVELS: &[&[u8]] = &[
    b"[",
    b"{\"a\":",
    b"[[],",
    b"{\"Branch\":[",
    b"{\"Named\":{\"inner\":",
    &[1],
    &[1, 1],
    &[2, 1],
    &[3],
    &[2],
    &[0xff],
    &[0x80],
];

const JSON: &[u8] = b"[]{}\":,0123456789.eE+-\\ntrufalse ";

/// Bytes that a store could have been made to hold in the place of these.
pub(crate) fn hostile(rng: &mut Rng, valid: &[Vec<u8>]) -> Vec<u8> {
    match rng.u8(..16) {
        0 => random(rng),
        1 => {
            let len = rng.usize(..200);
            (0..len).map(|_| JSON[rng.usize(..JSON.len())]).collect()
        }
        2 => nested(rng, valid),
        3 => spliced(rng, valid),
        _ => {
            let mut bytes = one_of(rng, valid).clone();
            for _ in 0..rng.usize(1..4) {
                mutate(rng, &mut bytes, valid);
            }
            bytes
        }
    }
}

fn one_of<'a, T>(rng: &mut Rng, all: &'a [T]) -> &'a T {
    &all[rng.usize(..all.len())]
}

fn random(rng: &mut Rng) -> Vec<u8> {
    let mut bytes = vec![0; rng.usize(..300)];
    rng.fill(&mut bytes);
    bytes
}

/// Into a valid value, up to some place in it, and from there on deeper and deeper.
fn nested(rng: &mut Rng, valid: &[Vec<u8>]) -> Vec<u8> {
    let start = one_of(rng, valid);
    let mut bytes = start[..rng.usize(..=start.len())].to_vec();
    if rng.bool() {
        bytes.clear();
    }
    let level = if rng.u8(..4) == 0 {
        let at = rng.usize(..start.len());
        &start[at..(at + rng.usize(1..20)).min(start.len())]
    } else {
        *one_of(rng, LEVELS)
    };
    let levels = if rng.u8(..8) == 0 { 20_000 } else { 300 };
    bytes.extend(level.repeat(rng.usize(1..levels)));
    bytes
}

fn spliced(rng: &mut Rng, valid: &[Vec<u8>]) -> Vec<u8> {
    let (start, end) = (one_of(rng, valid), one_of(rng, valid));
    let mut bytes = start[..rng.usize(..=start.len())].to_vec();
    bytes.extend(&end[rng.usize(..=end.len())..]);
    bytes
}

fn mutate(rng: &mut Rng, bytes: &mut Vec<u8>, valid: &[Vec<u8>]) {
    if bytes.is_empty() {
        bytes.push(rng.u8(..));
    }
    let at = rng.usize(..bytes.len());
    let until = (at + rng.usize(..16)).min(bytes.len());
    match rng.u8(..12) {
        0..=2 => bytes[at] ^= 1 << rng.u8(..8),
        3 => bytes[at] = rng.u8(..),
        4 => bytes.truncate(at),
        5 => bytes.insert(at, rng.u8(..)),
        6 => {
            let copy = bytes[at..until].to_vec();
            bytes.splice(at..at, copy);
        }
        7 => drop(bytes.drain(at..until)),
        8 => drop(bytes.splice(at..=at, one_of(rng, LIES).iter().copied())),
        9 => drop(bytes.splice(at..at, one_of(rng, LIES).iter().copied())),
        10 => bytes[at] = rng.u8(..4),
        _ => {
            let other = one_of(rng, valid);
            let from = rng.usize(..other.len());
            let to = (from + rng.usize(..32)).min(other.len());
            bytes.splice(at..until, other[from..to].iter().copied());
        }
    }
}
