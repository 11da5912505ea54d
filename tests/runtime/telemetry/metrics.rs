//! Every metric says what happened, and stands in the page.

use std::{collections::BTreeSet, time::Duration};

use eventsourcing::{
    PostgresStore, Retention,
    prelude::*,
    repository::StateCache,
    snapshot::{SnapshotMiss, SnapshotStats},
    store::{PostgresOptions, ReadAll, tokio_postgres::NoTls},
    telemetry::describe_metrics,
    testing::{Fault, FaultyStore, Operation, postgres::PostgresServer},
};

use super::{recorder::Kept, run, table};
use crate::{
    domain::{Booked, Closed, Ledger, opened},
    saving::{id, saved},
    snapshot_faults::{key, newest, replace},
};

const OF_LEDGERS: &str = "aggregate=ledger";

/// Runs this and gives what it recorded.
fn recorded<T>(work: impl Future<Output = T>) -> (Kept, T) {
    let kept = Kept::default();
    let done = metrics::with_local_recorder(&kept, || run(work));
    (kept, done)
}

fn ledgers(store: impl EventStore, mode: SnapshotMode) -> Repository<Ledger> {
    Repository::builder(store)
        .snapshots(SnapshotPolicy::every(2))
        .snapshot_mode(mode)
        .build()
        .unwrap()
}

#[test]
fn the_page_lists_every_metric() {
    let kept = Kept::default();
    metrics::with_local_recorder(&kept, describe_metrics);
    let described = kept.described.into_inner().unwrap();
    let page = table("Metric");
    let names: BTreeSet<_> = page.keys().collect();
    assert_eq!(names, described.keys().collect());
    for (name, (kind, unit, meaning)) in described {
        let [of_page, unit_of_page, labels, meaning_of_page] = &page[&name][..] else {
            panic!("{name}: {:?}", page[&name]);
        };
        assert_eq!(
            (of_page.as_str(), meaning_of_page),
            (kind, &meaning),
            "{name}"
        );
        assert_eq!(*unit_of_page, unit.as_str(), "{name}");
        let first = if name.contains("_order_") {
            "database"
        } else {
            "aggregate"
        };
        assert!(labels.starts_with(first), "{name}");
        let suffix = match (kind, unit) {
            ("counter", _) => "_total",
            (_, metrics::Unit::Seconds) => "_seconds",
            (_, metrics::Unit::Bytes) => "_bytes",
            _ => "",
        };
        assert!(
            name.starts_with("eventsourcing_") && name.ends_with(suffix),
            "{name}"
        );
    }
}

#[test]
fn the_page_lists_every_reason() {
    let listed = table("Label");
    let reasons = SnapshotMiss::ALL.map(SnapshotMiss::as_str);
    assert_eq!(listed["reason"], [reasons.join(", ")]);
    let distinct: BTreeSet<_> = reasons.into_iter().collect();
    assert_eq!(distinct.len(), SnapshotMiss::ALL.len());
}

/// One of everything: each metric of a repository that the page lists is recorded, with the labels that it says and values that it lists.
#[test]
fn each_metric_is_recorded_with_its_labels() {
    let (kept, ()) = recorded(async {
        let store = MemoryStore::new();
        let faulty = FaultyStore::new(store.clone());
        let sync = Repository::<Ledger>::builder(faulty.clone())
            .snapshots(SnapshotPolicy::every(2))
            .retention(Retention::newest(1))
            .cache(StateCache::entries(10))
            .build()
            .unwrap();
        let mut root = saved(&sync, 3).await;
        sync.load(id()).await.unwrap();
        root.record([Booked { amount: 1 }, Booked { amount: 2 }]);
        faulty.next(Operation::SaveSnapshot, Fault::Error);
        sync.save(&mut root).await.unwrap();
        root.record([Booked { amount: 1 }, Booked { amount: 2 }]);
        sync.save(&mut root).await.unwrap();
        let plain = Repository::<Ledger>::builder(store.clone())
            .snapshots(SnapshotPolicy::every(2))
            .verify_snapshots(1.0)
            .build()
            .unwrap();
        plain.load(id()).await.unwrap();
        plain.await_verification().await;
        damage(&store).await;
        plain.load(id()).await.unwrap();
        let background = ledgers(store, SnapshotMode::Background);
        for amount in 0..4 {
            root.record(Booked { amount });
            background.save(&mut root).await.unwrap();
        }
        background.await_pending_snapshots().await;
    });
    let page = table("Metric");
    let names: BTreeSet<String> = kept.ids().into_iter().map(|(_, name, _)| name).collect();
    let of_repositories = page.iter().filter(|(_, cells)| cells[2] != "database");
    let missing: Vec<_> = of_repositories
        .filter(|(name, _)| !names.contains(*name))
        .collect();
    assert!(missing.is_empty(), "never recorded: {missing:?}");
    let listed = table("Label");
    for (kind, name, labels) in kept.ids() {
        let [of_page, _, labels_of_page, _] = &page[&name][..] else {
            panic!("{name} is not in the page");
        };
        assert_eq!(of_page, kind, "{name}");
        let keys: Vec<_> = labels.iter().map(|l| l.split_once('=').unwrap()).collect();
        assert_eq!(
            *labels_of_page,
            keys.iter()
                .map(|(key, _)| *key)
                .collect::<Vec<_>>()
                .join(", ")
        );
        assert_eq!(keys[0], ("aggregate", "ledger"), "{name}");
        for (key, value) in &keys[1..] {
            let values = listed.iter().filter(|(label, _)| label.starts_with(key));
            let mut values = values.flat_map(|(_, cells)| cells[0].split(", "));
            assert!(
                values.any(|listed| listed == *value),
                "{name}: {key}={value}"
            );
        }
    }
}

/// A transaction that has appended and stays open shows in the gauges of the order, and is gone from them when it ends.
#[test]
fn a_stall_of_postgres_is_a_metric() {
    let Some(server) = PostgresServer::for_tests() else {
        return;
    };
    let (kept, name) = recorded(async {
        let database = server.database().await.unwrap();
        let options = PostgresOptions::default().settle_wait(Duration::from_millis(40));
        let config = database.config().clone();
        let store = PostgresStore::connect_config(config.clone(), options).await;
        let store = store.unwrap();
        let (mut client, connection) = config.connect(NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        let ledgers = ledgers(store.clone(), SnapshotMode::Sync);
        let open = client.transaction().await.unwrap();
        let mut held = ledgers.create("held".to_owned(), opened());
        let commit = ledgers.stage(&mut held).unwrap();
        store.append_in(&open, commit).await.unwrap();
        saved(&ledgers, 2).await;
        let page = store.read_all(ReadAll::default()).await.unwrap();
        assert!(page.is_empty(), "it stands before the others");
        open.commit().await.unwrap();
        let page = store.read_all(ReadAll::default()).await.unwrap();
        assert_eq!(page.len(), 4);
        connection.abort();
        database.config().get_dbname().unwrap().to_owned()
    });
    let ids: Vec<_> = kept
        .ids()
        .into_iter()
        .filter(|(_, name, _)| name.contains("_order_"))
        .collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    for (kind, metric, labels) in ids {
        assert_eq!(kind, "gauge");
        assert!(
            labels[0].starts_with("database=") && labels[0].contains(&name),
            "{labels:?}"
        );
        let label = [labels[0].as_str()];
        let values = kept.values(&metric, &label);
        assert!(
            values.iter().any(|value| *value > 0.0),
            "{metric}: {values:?}"
        );
        assert_eq!(values.last(), Some(&0.0), "{metric}: {values:?}");
    }
}

async fn damage(store: &MemoryStore) {
    let snapshots = store.snapshot_store().unwrap();
    let good = newest(&*snapshots, &key(&id())).await;
    let mut bad = good.clone();
    bad.checksum ^= 1;
    replace(&*snapshots, &good, bad).await;
}

#[test]
fn counters_agree_with_the_counts_of_the_repository() {
    let (kept, stats) = recorded(async {
        let store = MemoryStore::new();
        let repository = ledgers(store.clone(), SnapshotMode::Sync);
        saved(&repository, 5).await;
        repository.load(id()).await.unwrap();
        damage(&store).await;
        repository.load(id()).await.unwrap();
        repository.load_at(id(), 1).await.unwrap();
        repository.snapshot_stats()
    });
    let SnapshotStats {
        hits,
        stored,
        removed,
        ..
    } = stats;
    assert_eq!((hits, stored, removed), (1, 2, 1));
    let sum = |name: &str| kept.sum(name, &[OF_LEDGERS]);
    assert_eq!(sum("eventsourcing_snapshot_hits_total"), hits);
    assert_eq!(sum("eventsourcing_snapshots_stored_total"), stored);
    assert_eq!(sum("eventsourcing_snapshots_removed_total"), removed);
    for reason in SnapshotMiss::ALL {
        let label = format!("reason={}", reason.as_str());
        let counted = kept.sum("eventsourcing_snapshot_misses_total", &[OF_LEDGERS, &label]);
        assert_eq!(counted, stats.missed(reason), "{reason:?}");
    }
    assert_eq!(stats.missed(SnapshotMiss::Corrupt), 1);
}

#[test]
fn a_load_says_what_it_read() {
    let (kept, state) = recorded(async {
        let clock = std::sync::Arc::new(eventsourcing::ManualClock::at(
            Timestamp::from_unix_micros(0),
        ));
        let repository = Repository::<Ledger>::builder(MemoryStore::new())
            .snapshots(SnapshotPolicy::every(4))
            .clock(std::sync::Arc::clone(&clock))
            .build()
            .unwrap();
        let mut root = saved(&repository, 3).await;
        let row = repository.snapshots(id()).await.unwrap().remove(0);
        for amount in [7, 8, 9] {
            root.record(Booked { amount });
        }
        repository.save(&mut root).await.unwrap();
        clock.set(Timestamp::from_unix_micros(2_500_000));
        repository.load(id()).await.unwrap();
        assert!(
            repository
                .find("nobody".to_owned())
                .await
                .unwrap()
                .is_none()
        );
        row.row().state.as_ref().unwrap().len()
    });
    let of = |name: &str| kept.values(name, &[OF_LEDGERS]);
    assert_eq!(of("eventsourcing_snapshot_age_events"), [3.0]);
    assert_eq!(of("eventsourcing_snapshot_age_seconds"), [2.5]);
    assert_eq!(of("eventsourcing_load_replayed_events"), [3.0, 0.0]);
    let bytes = f64::from(u32::try_from(state).unwrap());
    assert_eq!(of("eventsourcing_snapshot_read_bytes"), [bytes]);
    assert_eq!(of("eventsourcing_snapshot_written_bytes"), [bytes]);
    assert_eq!(of("eventsourcing_load_duration_seconds").len(), 2);
    for outcome in ["outcome=found", "outcome=not_found"] {
        assert_eq!(
            kept.sum("eventsourcing_loads_total", &[OF_LEDGERS, outcome]),
            1
        );
    }
}

#[test]
fn a_save_says_what_came_of_it() {
    let (kept, ()) = recorded(async {
        let faulty = FaultyStore::new(MemoryStore::new());
        let repository = ledgers(faulty.clone(), SnapshotMode::Manual);
        let mut root = saved(&repository, 3).await;
        let mut rival = repository.load(id()).await.unwrap();
        repository.save(&mut rival).await.unwrap();
        rival.record(Booked { amount: 1 });
        repository.save(&mut rival).await.unwrap();
        root.record(Booked { amount: 1 });
        repository.save(&mut root).await.unwrap_err();
        rival.record(Booked { amount: 1 });
        faulty.next(Operation::Append, Fault::LostBefore);
        repository.save(&mut rival).await.unwrap_err();
        repository.save(&mut rival).await.unwrap();
        faulty.next(Operation::ReadStream, Fault::Error);
        repository.load(id()).await.unwrap_err();
        repository.discard(&mut rival, Closed).await.unwrap();
    });
    let saves = |outcome| kept.sum("eventsourcing_saves_total", &[OF_LEDGERS, outcome]);
    // Saving nothing is none.
    assert_eq!(saves("outcome=stored"), 4);
    assert_eq!(
        (saves("outcome=conflict"), saves("outcome=unknown")),
        (1, 1)
    );
    assert_eq!(
        kept.values("eventsourcing_save_duration_seconds", &[OF_LEDGERS])
            .len(),
        6
    );
    assert_eq!(
        kept.sum("eventsourcing_events_stored_total", &[OF_LEDGERS]),
        4 + 1 + 1 + 1
    );
    assert_eq!(
        kept.sum("eventsourcing_loads_total", &[OF_LEDGERS, "outcome=failed"]),
        1
    );
}

/// Whatever becomes of a background snapshot, it leaves the queue.
#[test]
fn the_queue_is_empty_in_the_end() {
    let (kept, dropped) = recorded(async {
        let app = Application::builder(MemoryStore::new())
            .snapshots(SnapshotPolicy::always())
            .snapshot_mode(SnapshotMode::Background)
            .build()
            .unwrap();
        let repository = app.repository::<Ledger>().unwrap();
        let mut root = saved(&repository, 1).await;
        root.record(Booked { amount: 2 });
        repository.save(&mut root).await.unwrap();
        app.close().await;
        root.record(Booked { amount: 3 });
        repository.save(&mut root).await.unwrap();
        repository.snapshot_stats().dropped
    });
    let steps = kept.values("eventsourcing_snapshot_queue_length", &[OF_LEDGERS]);
    assert_eq!(steps.iter().filter(|step| **step > 0.0).count(), 3);
    assert!(steps.iter().sum::<f64>().abs() < 0.5, "{steps:?}");
    let counted = kept.sum("eventsourcing_snapshots_dropped_total", &[OF_LEDGERS]);
    assert_eq!((counted, dropped), (2, 2));
}

/// However many streams there are, there is one series of each.
#[test]
fn no_label_is_an_id() {
    let series = |streams: i64| {
        let (kept, ()) = recorded(async {
            let ledgers = ledgers(MemoryStore::new(), SnapshotMode::Sync);
            for number in 0..streams {
                let mut root = ledgers.create(format!("ledger {number}"), opened());
                root.record(Booked { amount: 1 });
                ledgers.save(&mut root).await.unwrap();
                ledgers.load(root.id()).await.unwrap();
            }
        });
        kept.ids()
    };
    assert_eq!(series(20), series(1));
}
