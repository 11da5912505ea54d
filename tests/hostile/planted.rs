//! Decoders with the bugs that this test is for: each must be found, and by the right name.

use std::time::Duration;

use eventsourcing::codec::Postcard;
use fastrand::Rng;

use crate::{
    damage::hostile,
    decoders::encode,
    run::{Decode, Decoded, Failure, MOST_TIME, run},
    values::riches,
};

fn found(name: &'static str, decode: impl Decode) -> Failure {
    let Err(failure) = run(name, 0..20_000, MOST_TIME, decode) else {
        panic!("{name} was not found out");
    };
    failure
}

fn over_rich(decode: impl Fn(&[u8]) -> Result<Decoded, String>) -> impl Decode {
    let valid: Vec<_> = riches()
        .iter()
        .map(|rich| encode(&Postcard, rich))
        .collect();
    move |rng: &mut Rng| decode(&hostile(rng, &valid))
}

fn length(bytes: &[u8]) -> usize {
    let mut four = [0; 4];
    four.iter_mut()
        .zip(bytes)
        .for_each(|(to, from)| *to = *from);
    u32::from_le_bytes(four) as usize
}

#[test]
fn a_length_that_is_believed() {
    let failure = found(
        "planted_length",
        over_rich(|bytes| {
            let reserved: Vec<u8> = Vec::with_capacity(length(bytes).min(256 << 20));
            Ok(if std::hint::black_box(reserved).capacity() < bytes.len() {
                Decoded::Value
            } else {
                Decoded::Refused
            })
        }),
    );
    assert!(failure.what.starts_with("allocated "), "{failure}");
}

#[test]
fn bincode_with_a_higher_limit() {
    let config = bincode::config::standard().with_limit::<{ 128 << 20 }>();
    let failure = found(
        "planted_limit",
        over_rich(|bytes| {
            // One in a thousand of such lengths is between the limits: the others are made so.
            let bytes = [&[0xfc, 0, 0, 0, 5], bytes].concat();
            let decoded = bincode::serde::decode_from_slice::<String, _>(&bytes, config);
            Ok(if decoded.is_ok() {
                Decoded::Value
            } else {
                Decoded::Refused
            })
        }),
    );
    assert!(failure.what.starts_with("allocated "), "{failure}");
}

#[test]
fn an_index_that_is_not_checked() {
    let failure = found(
        "planted_index",
        over_rich(|bytes| {
            let at = length(bytes) % (bytes.len() + 2);
            Ok(if bytes[at] == 0 {
                Decoded::Value
            } else {
                Decoded::Refused
            })
        }),
    );
    assert_eq!(failure.what, "panicked");
}

#[test]
fn an_input_that_takes_long() {
    let most = Duration::from_millis(500);
    let decode = over_rich(|bytes| {
        if bytes.starts_with(b"[") {
            std::thread::sleep(2 * most);
        }
        Ok(Decoded::Refused)
    });
    let Err(failure) = run("planted_wait", 0..20_000, most, decode) else {
        panic!("the wait was not found out");
    };
    assert!(failure.what.starts_with("took "), "{failure}");
}

/// The same seed gives the same failure, and no earlier one.
#[test]
fn a_seed_repeats_its_case() {
    let decode = || {
        over_rich(|bytes| {
            if bytes.len() % 97 == 96 {
                Err(format!("{bytes:?}"))
            } else {
                Ok(Decoded::Value)
            }
        })
    };
    let first = found("planted_seed", decode());
    let Err(again) = run(
        "planted_seed_again",
        first.seed..first.seed + 1,
        MOST_TIME,
        decode(),
    ) else {
        panic!("the seed {} is fine now", first.seed);
    };
    assert_eq!(again.what, first.what);
    assert!(
        first
            .to_string()
            .contains(&format!("HOSTILE_SEED={}", first.seed))
    );
}
