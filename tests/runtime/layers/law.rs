//! Random lives through random layers and keys: a load equals a replay.

use eventsourcing::{
    ErrorKind,
    codec::layer::{Compressed, Encrypted, KeyRing},
    prelude::*,
};
use fastrand::Rng;

use super::{Builder, Store, builder, encrypted, key};
use crate::domain::{Booked, Closed, Ledger, bookings, opened};

/// Everybody can read everybody's events; snapshots only with the right key.
fn random_builder(rng: &mut Rng, store: &Store) -> Builder {
    let ids = ["a", "b", "c"];
    let first = rng.u8(..3);
    let id = |index: u8| ids[usize::from(index)];
    let mut keys = KeyRing::new(id(first), key(first)).unwrap();
    for other in (0..3).filter(|other| *other != first) {
        keys = keys.and(id(other), key(other)).unwrap();
    }
    let event_keys = Encrypted::new(keys.clone());
    let mut builder = builder(store).readable_layer(event_keys.clone());
    if rng.bool() {
        builder = builder.event_layer(Compressed::at_level(rng.i32(-1..9)));
    }
    if rng.bool() {
        builder = builder.event_layer(event_keys);
    }
    if rng.bool() {
        builder = builder.snapshot_layer(Compressed::new());
    }
    builder = match rng.u8(..4) {
        0 => builder,
        1 => builder.snapshot_layer(encrypted("a", 99)),
        _ => builder.snapshot_layer(Encrypted::new(keys)),
    };
    builder.snapshots(match rng.u8(..3) {
        0 => SnapshotPolicy::always(),
        _ => SnapshotPolicy::every(rng.u64(1..6)),
    })
}

async fn same(rng: &mut Rng, store: &Store, id: &String, seed: u64) -> Option<Ledger> {
    let ledgers = random_builder(rng, store).build().unwrap();
    let plain = random_builder(rng, store).ignore_snapshots();
    let plain = plain.build().unwrap();
    let loaded = ledgers.find(id).await.unwrap();
    let replayed = plain.find(id).await.unwrap();
    let states = |root: &Option<Root<Ledger>>| root.as_ref().map(|root| root.state().clone());
    assert_eq!(states(&loaded), states(&replayed), "seed {seed}");
    states(&replayed)
}

pub(crate) async fn loads_equal_replays_whatever_the_layers(store: Store) {
    for seed in 0..40 {
        let mut rng = Rng::with_seed(seed);
        let id = format!("seed-{seed}");
        let first = random_builder(&mut rng, &store).build().unwrap();
        let mut root = first.create(id.clone(), opened());
        first.save(&mut root).await.unwrap();
        let mut expected = Vec::new();
        for _ in 0..rng.usize(3..12) {
            let ledgers = random_builder(&mut rng, &store).build().unwrap();
            let mut root = ledgers.load(&id).await.unwrap();
            let batch = bookings(rng.i64(0..1_000), rng.i64(1..7));
            expected.extend(batch.iter().map(|Booked { amount }| *amount));
            root.record(batch);
            ledgers.save(&mut root).await.unwrap();
            if rng.bool() {
                match ledgers.create_snapshot(&root).await {
                    Ok(taken) => assert_eq!(taken.state(), Some(root.state())),
                    Err(error) => assert!(matches!(error.kind(), ErrorKind::Locked { .. })),
                }
            }
            let state = same(&mut rng, &store, &id, seed).await.unwrap();
            assert_eq!(state.bookings, expected, "seed {seed}");
            let version = rng.u64(1..=root.version().get());
            let at = ledgers.load_at(&id, version).await.unwrap();
            let wanted = &expected[..usize::try_from(version).unwrap() - 1];
            assert_eq!(at.bookings, wanted, "seed {seed} at {version}");
        }
        if rng.bool() {
            let ledgers = random_builder(&mut rng, &store).build().unwrap();
            let mut root = ledgers.load(&id).await.unwrap();
            ledgers.discard(&mut root, Closed).await.unwrap();
            assert!(same(&mut rng, &store, &id, seed).await.is_none());
        }
    }
}
