//! Every span says what happened, and stands in the page.

use std::collections::BTreeSet;

use eventsourcing::{
    prelude::*,
    testing::{Fault, FaultyStore, Operation},
};
use tracing::{Instrument as _, subscriber::with_default};

use super::{run, subscriber::Kept, table};
use crate::{
    domain::{Booked, Ledger, opened},
    saving::{id, saved},
};

fn seen<T>(work: impl Future<Output = T>) -> (Kept, T) {
    let kept = Kept::default();
    let done = with_default(kept.clone(), || run(work));
    assert_eq!(kept.entered(), 0);
    (kept, done)
}

fn every(n: u64, store: impl EventStore) -> Repository<Ledger> {
    Repository::builder(store)
        .snapshots(SnapshotPolicy::every(n))
        .build()
        .unwrap()
}

#[test]
fn the_page_lists_every_span_with_its_fields() {
    let (kept, ()) = seen(async {
        let app = Application::builder(MemoryStore::new())
            .snapshots(SnapshotPolicy::every(2))
            .aggregate::<Ledger>(|ledgers| ledgers.verify_snapshots(1.0))
            .build()
            .unwrap();
        let repository = app.repository::<Ledger>().unwrap();
        saved(&repository, 3).await;
        repository.load(id()).await.unwrap();
        repository.await_verification().await;
        let mut other = repository.create("other".to_owned(), opened());
        app.save_all(&mut other).await.unwrap();
    });
    let page = table("Span");
    let spans = kept.spans();
    let names: BTreeSet<&str> = spans.iter().map(|span| span.name).collect();
    assert_eq!(names, page.keys().map(String::as_str).collect());
    for span in spans {
        assert_eq!(page[span.name][0], span.fields.join(", "), "{}", span.name);
    }
}

#[test]
fn a_load_says_what_it_began_at() {
    let (kept, ()) = seen(async {
        let repository = every(4, MemoryStore::new());
        let mut root = saved(&repository, 3).await;
        root.record([Booked { amount: 1 }, Booked { amount: 2 }]);
        repository.save(&mut root).await.unwrap();
        repository.load(id()).await.unwrap();
        repository.load_at(id(), 3).await.unwrap();
    });
    let loads = kept.named("load");
    let values = |index: usize, names: [&str; 5]| {
        let values = &loads[index].values;
        names.map(|name| values.get(name).map_or("-", String::as_str))
    };
    let names = ["stream", "from", "to", "events", "snapshot"];
    assert_eq!(values(0, names), ["ledger/main", "4", "6", "2", "4"]);
    assert_eq!(values(1, names), ["ledger/main", "0", "3", "3", "-"]);
    let replays = kept.named("replay");
    assert_eq!(replays[0].parent, Some("load"));
    assert_eq!(
        (&*replays[0].values["from"], &*replays[0].values["to"]),
        ("4", "6")
    );
}

#[test]
fn a_save_says_what_it_stored() {
    let (kept, ()) = seen(async {
        let repository = every(3, MemoryStore::new());
        saved(&repository, 4).await;
    });
    let save = &kept.named("save")[0];
    let of = |name: &str| save.values[name].as_str();
    assert_eq!(
        (of("stream"), of("from"), of("to"), of("events")),
        ("ledger/main", "0", "5", "5")
    );
    for name in ["snapshot_capture", "snapshot_store"] {
        let span = &kept.named(name)[0];
        assert_eq!(
            (span.parent, &*span.values["version"]),
            (Some("save"), "3"),
            "{name}"
        );
    }
    assert_ne!(kept.named("snapshot_store")[0].values["bytes"], "0");
}

/// In the background it is nobody's part, whoever works the queue off.
#[test]
fn a_background_snapshot_has_no_parent() {
    let (kept, ()) = seen(async {
        let repository = Repository::<Ledger>::builder(MemoryStore::new())
            .snapshots(SnapshotPolicy::every(3))
            .snapshot_mode(SnapshotMode::Background)
            .build()
            .unwrap();
        saved(&repository, 4).await;
        let waiting = tracing::debug_span!(target: "eventsourcing", "waiting");
        let done = repository.await_pending_snapshots().instrument(waiting);
        assert_eq!(done.await, 1);
    });
    let stored = &kept.named("snapshot_store")[0];
    assert_eq!((stored.parent, &*stored.values["version"]), (None, "3"));
}

/// While one load waits for its store another one's spans don't become its children: spans go with their futures.
#[test]
fn loads_that_run_together_do_not_mix() {
    let (kept, ()) = seen(async {
        let faulty = FaultyStore::new(MemoryStore::new());
        let repository = every(100, faulty.clone());
        let ids: Vec<String> = (0..8).map(|number| format!("ledger {number}")).collect();
        for id in &ids {
            repository
                .save(&mut repository.create(id.clone(), opened()))
                .await
                .unwrap();
        }
        for _ in &ids {
            let delay = std::time::Duration::from_millis(2);
            faulty.next(Operation::ReadStream, Fault::Delay(delay));
        }
        let loads = ids.iter().map(|id| repository.load(id));
        futures_util::future::try_join_all(loads).await.unwrap();
    });
    let loads = kept.named("load");
    assert_eq!(loads.len(), 8);
    assert!(loads.iter().all(|load| load.parent.is_none()));
    let replays = kept.named("replay");
    assert!(replays.iter().all(|replay| replay.parent == Some("load")));
}

/// Nobody listens: nothing is looked at, and nothing is different.
#[test]
fn a_subscriber_that_wants_none_gets_none() {
    struct Deaf;
    impl tracing::Subscriber for Deaf {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            false
        }
        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            panic!("a span that nobody wanted");
        }
        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
        fn event(&self, _: &tracing::Event<'_>) {}
        fn enter(&self, _: &tracing::span::Id) {}
        fn exit(&self, _: &tracing::span::Id) {}
    }
    let loaded = with_default(Deaf, || {
        run(async {
            let repository = every(2, MemoryStore::new());
            saved(&repository, 3).await;
            repository.load(id()).await.unwrap().version()
        })
    });
    assert_eq!(loaded, 4);
}
