//! The bytes that layers store: what they promise to be, and what becomes of hostile ones.

use std::sync::Arc;

use eventsourcing::{
    ErrorKind, MemoryStore, Version,
    codec::layer::{
        Compressed, Encrypted, EventContext, KeyRing, Layer, LayerError, RowContext,
        SnapshotContext,
    },
    prelude::Timestamp,
    schema::Fingerprint,
};
use fastrand::Rng;
use uuid::Uuid;

use super::{Store, both, builder, encrypted, key, put, rows, saved_as};
use crate::domain::Ledger;

const LIMIT: usize = 64 << 20;

fn event(stream: &str, version: u64) -> RowContext<'_> {
    RowContext::Event(EventContext {
        stream,
        version: Version::from(version),
        id: Uuid::nil(),
        name: "Booked",
        event_version: 1,
        codec: "json+aead",
    })
}

/// JSON-like, random, repetitive, short.
fn plain(rng: &mut Rng) -> Vec<u8> {
    let len = rng.usize(..400);
    match rng.u8(..3) {
        0 => (0..len).map(|_| rng.u8(..)).collect(),
        1 => b"{\"amount\":12}"
            .iter()
            .copied()
            .cycle()
            .take(len)
            .collect(),
        _ => vec![rng.u8(..); len],
    }
}

fn damage(rng: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..rng.usize(1..4) {
        let at = rng.usize(..=bytes.len());
        match rng.u8(..6) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, rng.u8(..)),
            2 => bytes.extend_from_within(at..),
            3 if bytes.len() > 5 => {
                let length = rng.u32(..) >> rng.u32(..32);
                bytes[1..5].copy_from_slice(&length.to_le_bytes());
            }
            _ if at < bytes.len() => bytes[at] ^= 1 << rng.u8(..8),
            _ => bytes.push(rng.u8(..)),
        }
    }
}

/// Opens damaged bytes; says how many were refused, and how many came back as something else.
fn hostile(layer: &dyn Layer, cases: u64) -> (u64, u64) {
    let row = event("ledger/main", 3);
    let (mut refused, mut others) = (0, 0);
    for seed in 0..cases {
        let mut rng = Rng::with_seed(seed);
        let plain = plain(&mut rng);
        let sealed = layer.seal(&row, &plain).unwrap();
        assert_eq!(layer.open(&row, &sealed).unwrap(), plain, "seed {seed}");
        let mut bytes = sealed.clone();
        damage(&mut rng, &mut bytes);
        if bytes == sealed {
            continue;
        }
        let mut opened = None;
        let used = allocation_counter::measure(|| opened = Some(layer.open(&row, &bytes)));
        let limit = LIMIT as u64 + (1 << 20);
        assert!(used.bytes_max <= limit, "seed {seed}: {}", used.bytes_max);
        match opened.unwrap() {
            Err(_) => refused += 1,
            Ok(opened) => others += u64::from(opened != plain),
        }
    }
    (refused, others)
}

#[test]
fn hostile_bytes_are_never_opened_by_encryption() {
    let (refused, others) = hostile(&encrypted("k", 7), 10_000);
    assert!(refused > 9_500);
    assert_eq!(others, 0);
}

#[test]
fn hostile_bytes_are_bounded_under_compression() {
    let (refused, others) = hostile(&Compressed::new(), 10_000);
    // Nothing authenticates: the codec and the checksum do the rest.
    assert!(refused > 2_000 && others > 500, "{refused}, {others}");
}

/// Whole rows, as a store hands them out.
pub(crate) async fn a_damaged_encrypted_event_is_an_error(store: Store) {
    let ledgers = both(builder(&store)).build().unwrap();
    for seed in 0..200 {
        let mut rng = Rng::with_seed(seed);
        let id = format!("damaged-{seed}");
        let elsewhere: Store = Arc::new(MemoryStore::new());
        saved_as(&both(builder(&elsewhere)).build().unwrap(), &id, 4).await;
        let mut events = rows(&elsewhere, &id).await;
        let at = rng.usize(..events.len());
        let mut payload = events[at].payload.to_vec();
        damage(&mut rng, &mut payload);
        if payload == events[at].payload {
            continue;
        }
        events[at].payload = payload.into();
        put(&store, &id, events).await;
        let error = ledgers.load(&id).await.unwrap_err();
        let locked = matches!(error.kind(), ErrorKind::Locked { .. });
        assert!(locked, "seed {seed}: {error}");
        assert_eq!(error.version(), Some(Version::from(at as u64 + 1)));
    }
}

/// The twin: a layer that believes what it is told.
#[test]
fn a_layer_that_believes_is_found_out() {
    #[derive(Debug)]
    struct Believes;

    impl Layer for Believes {
        fn name(&self) -> &'static str {
            "believes"
        }

        fn seal(&self, _: &RowContext<'_>, bytes: &[u8]) -> Result<Vec<u8>, LayerError> {
            let mut sealed = vec![0];
            sealed.extend_from_slice(&u32::try_from(bytes.len()).unwrap().to_le_bytes());
            sealed.extend_from_slice(bytes);
            Ok(sealed)
        }

        fn open(&self, _: &RowContext<'_>, bytes: &[u8]) -> Result<Vec<u8>, LayerError> {
            let length = bytes.get(1..5).ok_or(LayerError::damaged("short"))?;
            let length = u32::from_le_bytes(length.try_into().unwrap());
            let mut opened = Vec::with_capacity(length as usize);
            opened.extend_from_slice(&bytes[5..]);
            Ok(opened)
        }
    }

    let found = std::panic::catch_unwind(|| hostile(&Believes, 2_000));
    assert!(found.is_err());
}

#[test]
fn a_bomb_is_an_error_and_no_allocation() {
    let (layer, row) = (Compressed::new(), event("ledger/main", 3));
    let zeros = vec![0; LIMIT];
    let bomb = layer.seal(&row, &zeros).unwrap();
    assert!(bomb.len() < 10_000, "{} bytes", bomb.len());
    assert!(layer.open(&row, &bomb).unwrap() == zeros);
    assert!(layer.seal(&row, &[&zeros[..], b"0"].concat()).is_err());

    let claiming = |length: usize, frames: usize| {
        let mut bytes = vec![1];
        bytes.extend_from_slice(&u32::try_from(length).unwrap().to_le_bytes());
        for _ in 0..frames {
            bytes.extend_from_slice(&bomb[5..]);
        }
        bytes
    };
    let small = 1 << 20;
    for (bytes, most) in [
        // More than the limit, claimed or not.
        (claiming(LIMIT + 1, 2), small),
        (claiming(2 * LIMIT, 2), small),
        (claiming(u32::MAX as usize, 1), small),
        (claiming(LIMIT, 2), LIMIT + small),
        // More than it claims, less than it claims, and more than so few bytes can hold.
        (claiming(1_000, 1), small),
        (claiming(LIMIT - 1, 1), LIMIT + small),
        (claiming(LIMIT, 0), small),
        (
            [&claiming(LIMIT, 0)[..], &[0x28, 0xb5, 0x2f, 0xfd, 0, 0x58]].concat(),
            small,
        ),
    ] {
        let mut opened = None;
        let used = allocation_counter::measure(|| opened = Some(layer.open(&row, &bytes)));
        let error = opened.unwrap().unwrap_err();
        assert!(error.is_damaged());
        assert!(
            used.bytes_max <= most as u64,
            "{} for {error}",
            used.bytes_max
        );
    }
}

#[test]
fn compression_stores_what_is_shorter() {
    let (layer, row) = (Compressed::new(), event("ledger/main", 3));
    let sealed = |bytes: &[u8]| layer.seal(&row, bytes).unwrap();
    assert_eq!(sealed(b""), [0]);
    assert_eq!(sealed(b"{\"amount\":12}"), b"\0{\"amount\":12}");
    let text = "the same words again and again ".repeat(20);
    assert!(sealed(text.as_bytes()).len() < 80);
    assert_eq!(sealed(text.as_bytes())[..5], [1, 0x6c, 2, 0, 0]);
    let mut rng = Rng::with_seed(1);
    let noise: Vec<u8> = (0..500).map(|_| rng.u8(..)).collect();
    assert_eq!(sealed(&noise).len(), 501);
}

/// Stored rows must stay readable.
#[test]
fn the_stored_forms_are_what_they_were() {
    let row = event("ledger/main", 3);
    let data = row.associated_data();
    let mut expected = vec![1, 1];
    for text in ["ledger/main", "", "Booked", "json+aead"] {
        if text.is_empty() {
            expected.extend_from_slice(&3u64.to_le_bytes());
            expected.extend_from_slice(&[0; 16]);
            continue;
        }
        if text == "json+aead" {
            expected.extend_from_slice(&1u64.to_le_bytes());
        }
        expected.extend_from_slice(&(text.len() as u64).to_le_bytes());
        expected.extend_from_slice(text.as_bytes());
    }
    assert_eq!(data, expected);

    let layer = encrypted("k", 7);
    let sealed = layer.seal(&row, b"secret").unwrap();
    assert_eq!(sealed.len(), 3 + 24 + 6 + 16);
    assert_eq!(sealed[..3], [1, 1, b'k']);
    // A nonce of its own for every row.
    assert_ne!(sealed[3..27], layer.seal(&row, b"secret").unwrap()[3..27]);
    // Another implementation's, with the nonce 0, 1, 2 …
    let mut stored = vec![1, 1, b'k'];
    stored.extend(0..24);
    stored.extend([
        0xdb, 0x72, 0xc8, 0xf7, 0x9f, 0x68, 0xb0, 0x7b, 0x6e, 0x2a, 0xb2, 0x62, 0xd6, 0x3b, 0xcc,
        0xc3, 0x0a, 0x93, 0x66, 0xa5, 0x0a, 0x1f,
    ]);
    assert_eq!(layer.open(&row, &stored).unwrap(), b"secret");
}

/// Every column tells rows apart.
#[test]
fn each_column_is_bound() {
    let base = SnapshotContext {
        stream: "ledger/main",
        version: Version::from(3),
        last_event: Uuid::from_u128(1),
        schema_version: 1,
        fingerprint: Fingerprint::of_state::<Ledger>(),
        codec: "bincode+aead",
        created_at: Timestamp::from_unix_micros(5),
    };
    let event = EventContext {
        stream: base.stream,
        version: base.version,
        id: base.last_event,
        name: "Booked",
        event_version: 1,
        codec: base.codec,
    };
    let snapshot = RowContext::Snapshot;
    let other_shape = Fingerprint::of_state::<crate::domain::bumped::Ledger>();
    let rows = [
        snapshot(base),
        snapshot(SnapshotContext {
            stream: "ledger/mai",
            ..base
        }),
        snapshot(SnapshotContext {
            version: Version::from(4),
            ..base
        }),
        snapshot(SnapshotContext {
            last_event: Uuid::from_u128(2),
            ..base
        }),
        snapshot(SnapshotContext {
            schema_version: 2,
            ..base
        }),
        snapshot(SnapshotContext {
            fingerprint: other_shape,
            ..base
        }),
        snapshot(SnapshotContext {
            codec: "bincode",
            ..base
        }),
        snapshot(SnapshotContext {
            created_at: Timestamp::from_unix_micros(6),
            ..base
        }),
        RowContext::Event(event),
        RowContext::Event(EventContext {
            stream: "ledger/mai",
            ..event
        }),
        RowContext::Event(EventContext {
            version: Version::from(4),
            ..event
        }),
        RowContext::Event(EventContext {
            id: Uuid::from_u128(2),
            ..event
        }),
        RowContext::Event(EventContext {
            name: "Opened",
            ..event
        }),
        RowContext::Event(EventContext {
            event_version: 2,
            ..event
        }),
        RowContext::Event(EventContext {
            codec: "bincode",
            ..event
        }),
    ];
    let ring = KeyRing::new("k", key(1)).unwrap();
    let layer = Encrypted::new(ring);
    for (sealed_for, row) in rows.iter().enumerate() {
        let sealed = layer.seal(row, b"secret").unwrap();
        for (opened_as, other) in rows.iter().enumerate() {
            let opened = layer.open(other, &sealed);
            assert_eq!(opened.is_ok(), sealed_for == opened_as);
            if let Err(error) = opened {
                assert_eq!((error.key(), error.is_damaged()), (Some("k"), false));
            }
        }
    }
}
