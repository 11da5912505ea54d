//! Round trips, switching layers on and off, and layers that are wrong.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use eventsourcing::{
    ErrorKind, EventStore,
    codec::layer::{Compressed, Layer, LayerError, RowContext},
    prelude::*,
    snapshot::SnapshotMiss,
    testing::{CountingStore, Fault, FaultyStore, Operation},
};

use super::{
    Store, both, builder, codecs, encrypted, events, replayed, saved_as, snapshot_rows, stacks,
};
use crate::domain::{Closed, Ledger, Opened, bookings, opened};

pub(crate) async fn every_codec_under_every_stack(store: Store) {
    let snapshots = store.snapshot_store().unwrap();
    let counting = CountingStore::new(Arc::clone(&store));
    let counted: Store = Arc::new(counting.clone());
    for (codec, with_codec) in codecs() {
        for (stack, with_layers) in stacks() {
            let name = format!("{codec}{stack}");
            let set_up = |store| with_layers(with_codec(builder(store)));
            let ledgers = set_up(&counted)
                .snapshots(SnapshotPolicy::every(10))
                .build()
                .unwrap();
            let owner = "a name that is long enough for compression ".repeat(9);
            let mut root = ledgers.create(name.clone(), Opened { owner });
            root.record(bookings(1, 24));
            ledgers.save(&mut root).await.unwrap();
            for row in events(&store, &name).await.iter() {
                assert_eq!(row.codec, name);
                let readable = row.payload.windows(4).any(|word| word == b"name");
                assert!(!readable || !stack.contains("aead"), "{name}");
            }
            let rows = snapshot_rows(&*snapshots, &name).await;
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].key.codec, name);

            counting.take();
            let loaded = ledgers.load(&name).await.unwrap();
            assert_eq!(
                (loaded.state(), loaded.version()),
                (root.state(), 25.into())
            );
            assert_eq!(counting.take().events_read.rows, 6, "{name}: from 20 on");
            assert_eq!(replayed(set_up(&store), &name).await, *root.state());
            let at = ledgers.load_at(&name, 3).await.unwrap();
            assert_eq!(at.bookings, [1, 2]);
            let taken = ledgers.create_snapshot(&loaded).await.unwrap();
            assert_eq!(taken.state(), Some(root.state()));
            assert_eq!(ledgers.snapshots(&name).await.unwrap().len(), 2);
            ledgers.discard(&mut root, Closed).await.unwrap();
            assert!(ledgers.find(&name).await.unwrap().is_none());
            assert!(!ledgers.contains(&name).await.unwrap());
            assert_eq!(ledgers.history(&name).collect().await.unwrap().len(), 26);
        }
    }
}

pub(crate) async fn layers_are_switched_on_and_off(store: Store) {
    let id = "main".to_owned();
    let snapshots = store.snapshot_store().unwrap();
    let every_2 = |builder: super::Builder| builder.snapshots(SnapshotPolicy::every(2));
    let before = every_2(builder(&store)).build().unwrap();
    saved_as(&before, &id, 3).await;
    let on = every_2(both(builder(&store))).build().unwrap();
    on.execute(&id, |l| l.book(4)).await.unwrap();
    on.execute(&id, |l| l.book(5)).await.unwrap();
    assert_eq!(on.load(&id).await.unwrap().bookings, [1, 2, 3, 4, 5]);
    assert_eq!(on.snapshot_stats().missed(SnapshotMiss::StaleCodec), 1);
    let off = every_2(builder(&store))
        .readable_layer(encrypted("k", 7))
        .build()
        .unwrap();
    off.execute(&id, |l| l.book(6)).await.unwrap();
    let codecs: Vec<String> = events(&store, &id)
        .await
        .iter()
        .map(|row| row.codec.to_owned())
        .collect();
    let (plain, sealed) = ("json", "json+zstd+aead");
    assert_eq!(codecs, [plain, plain, plain, plain, sealed, sealed, plain]);
    for repository in [&on, &off] {
        let loaded = repository.load(&id).await.unwrap();
        assert_eq!(loaded.bookings, [1, 2, 3, 4, 5, 6]);
    }
    // Side by side: each reads its own, and neither removed the other's.
    let mut keys: Vec<String> = snapshot_rows(&*snapshots, &id)
        .await
        .into_iter()
        .map(|row| row.key.codec)
        .collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys, ["bincode", "bincode+zstd+aead"]);
    // Compression needs no secret, so everybody can read it.
    let compressed = builder(&store).layer(Compressed::new()).build().unwrap();
    saved_as(&compressed, "compressed", 3).await;
    assert_eq!(replayed(builder(&store), "compressed").await.balance, 6);
}

pub(crate) async fn only_layered_events_refuses_others(store: Store) {
    let sealed = both(builder(&store)).only_layered_events().build().unwrap();
    saved_as(&sealed, "sealed", 3).await;
    assert_eq!(sealed.load("sealed".to_owned()).await.unwrap().balance, 6);
    for (id, other) in [
        ("plain", builder(&store)),
        ("less", builder(&store).layer(encrypted("k", 7))),
    ] {
        saved_as(&other.build().unwrap(), id, 3).await;
        let error = sealed.load(id.to_owned()).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::UnknownCodec { .. }),
            "{error}"
        );
        assert_eq!(error.version(), Some(1.into()));
        assert!(sealed.contains(id.to_owned()).await.is_err());
        let tolerant = both(builder(&store)).build().unwrap();
        assert_eq!(tolerant.load(id.to_owned()).await.unwrap().balance, 6);
    }
}

pub(crate) async fn an_application_has_layers_for_all_and_a_type_its_own(store: Store) {
    let id = "main".to_owned();
    let application = |plain: bool| {
        eventsourcing::Application::builder(Arc::clone(&store))
            .layer(encrypted("k", 7))
            .aggregate::<Ledger>(move |ledgers| {
                if plain {
                    ledgers.without_layers()
                } else {
                    ledgers
                }
            })
            .build()
            .unwrap()
    };
    let ledgers = application(false).repository::<Ledger>().unwrap();
    saved_as(&ledgers, &id, 2).await;
    let ledgers = application(true).repository::<Ledger>().unwrap();
    ledgers.execute(&id, |l| l.book(3)).await.unwrap();
    assert_eq!(ledgers.load(&id).await.unwrap().bookings, [1, 2, 3]);
    let page = events(&store, &id).await;
    let codecs: Vec<&str> = page.iter().map(|row| row.codec).collect();
    assert_eq!(codecs, ["json+aead", "json+aead", "json+aead", "json"]);
}

/// The row is made anew for every attempt, with the nonce, and always for the version that it gets.
pub(crate) async fn what_is_saved_again_is_sealed_for_the_same_row(store: Store) {
    for fault in [Fault::LostAfter, Fault::LostBefore, Fault::Error] {
        let id = format!("{fault:?}");
        let faulty = FaultyStore::new(Arc::clone(&store));
        let ledgers = both(Repository::builder(faulty.clone())).build().unwrap();
        let mut root = saved_as(&ledgers, &id, 2).await;
        root.record(bookings(3, 2));
        faulty.next(Operation::Append, fault);
        ledgers.save(&mut root).await.unwrap_err();
        root.record(bookings(5, 1));
        ledgers.save(&mut root).await.unwrap();
        let all = replayed(both(builder(&store)), &id).await;
        assert_eq!(all.bookings, [1, 2, 3, 4, 5]);
    }
}

/// A layer of somebody else's.
#[derive(Debug)]
enum Wrong {
    /// Gives back less than it was given.
    Loses,
    /// From some time on.
    Panics(Arc<AtomicBool>),
}

impl Layer for Wrong {
    fn name(&self) -> &'static str {
        "wrong"
    }

    fn seal(&self, _: &RowContext<'_>, bytes: &[u8]) -> Result<Vec<u8>, LayerError> {
        Ok(match self {
            Self::Loses => bytes[..bytes.len() / 2].to_vec(),
            Self::Panics(_) => bytes.to_vec(),
        })
    }

    fn open(&self, _: &RowContext<'_>, bytes: &[u8]) -> Result<Vec<u8>, LayerError> {
        if let Self::Panics(now) = self {
            assert!(!now.load(Ordering::SeqCst), "a layer panics");
        }
        Ok(bytes.to_vec())
    }
}

pub(crate) async fn a_layer_that_loses_bytes_stores_nothing(store: Store) {
    let ledgers = builder(&store).event_layer(Wrong::Loses).build().unwrap();
    let mut root = ledgers.create("main".to_owned(), opened());
    let error = ledgers.save(&mut root).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unfaithful);
    assert!(error.to_string().contains("wrong"), "{error}");
    assert_eq!(events(&store, "main").await.len(), 0);

    let ledgers = builder(&store)
        .snapshot_layer(Wrong::Loses)
        .snapshots(SnapshotPolicy::always())
        .build()
        .unwrap();
    saved_as(&ledgers, "main", 2).await;
    let stats = ledgers.snapshot_stats();
    assert_eq!((stats.stored, stats.failed), (0, 1));
    assert_eq!(ledgers.load("main".to_owned()).await.unwrap().balance, 3);
}

pub(crate) async fn a_layer_that_panics_fails_no_load(store: Store) {
    let now = Arc::new(AtomicBool::new(false));
    let ledgers = builder(&store)
        .snapshot_layer(Wrong::Panics(Arc::clone(&now)))
        .snapshots(SnapshotPolicy::always())
        .build()
        .unwrap();
    saved_as(&ledgers, "main", 2).await;
    now.store(true, Ordering::SeqCst);
    assert_eq!(ledgers.load("main".to_owned()).await.unwrap().balance, 3);
    assert_eq!(ledgers.snapshot_stats().missed(SnapshotMiss::Unreadable), 1);
    let rows = snapshot_rows(&*store.snapshot_store().unwrap(), "main").await;
    assert_eq!(rows.len(), 1);
}

#[derive(Debug)]
struct Named(&'static str);

impl Layer for Named {
    fn name(&self) -> &str {
        self.0
    }

    fn seal(&self, _: &RowContext<'_>, bytes: &[u8]) -> Result<Vec<u8>, LayerError> {
        Ok(bytes.to_vec())
    }

    fn open(&self, _: &RowContext<'_>, bytes: &[u8]) -> Result<Vec<u8>, LayerError> {
        Ok(bytes.to_vec())
    }
}

#[test]
fn layers_that_cannot_work_are_refused() {
    let store: Store = Arc::new(MemoryStore::new());
    let refused = |builder: super::Builder| {
        let error = builder.build().unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::InvalidConfiguration);
        error.to_string()
    };
    let long = "x".repeat(33).leak();
    for name in ["", "a+b", "A", "a b", "\u{e4}", &*long] {
        assert!(refused(builder(&store).layer(Named(name))).contains("name"));
        assert!(refused(builder(&store).readable_layer(Named(name))).contains("name"));
    }
    let twice = builder(&store).layer(Named("a")).layer(Named("a"));
    assert!(refused(twice).contains("twice"));
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let nine = names.iter().fold(builder(&store), |builder, name| {
        builder.snapshot_layer(Named(name))
    });
    assert!(refused(nine).contains("at most 8"));
}
