//! States that are hard to compare, and what is said of a difference.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use eventsourcing::{
    EventStore,
    codec::{Bincode, Codec},
    prelude::*,
    repository::RepositoryBuilder,
};
use tracing::Level;

use super::{
    domain::{
        COMPARING_PANICS, FACTOR, FOLDING_PANICS, Grid, Ledger as Changed, Partial, Started,
        Tagged, Tags, Touchy, changed,
    },
    found, taken_by_the_earlier_program, verdicts, verifying,
};
use crate::{
    domain::{Booked, Ledger, Measured},
    saving::{id, saved},
    telemetry,
};

type Store = Arc<dyn EventStore>;

fn builder<A: Aggregate + PartialEq>(store: Store) -> RepositoryBuilder<A> {
    Repository::builder(store)
        .snapshots(SnapshotPolicy::always())
        .verify_snapshots(1.0)
        .verification_budget(1_000_000)
}

/// Equal sets whose bytes differ are equal.
pub(crate) async fn equal_sets_are_no_difference(store: Store) {
    let all = builder::<Tags>(store).build().unwrap();
    let mut bytes = std::collections::BTreeSet::new();
    for number in 0..20 {
        let mut root = all.create(number, Started);
        for tag in 0..20 {
            root.record(Tagged {
                tag: format!("tag {tag}"),
            });
        }
        all.save(&mut root).await.unwrap();
        let loaded = all.load(number).await.unwrap();
        all.await_verification().await;
        let mut stored = Vec::new();
        Bincode.encode(loaded.state(), &mut stored).unwrap();
        bytes.insert(stored);
    }
    assert!(bytes.len() > 1, "the bytes say nothing");
    assert_eq!(verdicts(&all.snapshot_stats()), (20, 0, 0));
}

/// A NaN is not equal to itself. The same bytes are the same state.
pub(crate) async fn a_state_that_is_not_equal_to_itself(store: Store) {
    let ledgers = builder::<Ledger>(store)
        .event_codec(Bincode)
        .build()
        .unwrap();
    let mut root = saved(&ledgers, 1).await;
    root.record(Measured { value: f64::NAN });
    ledgers.save(&mut root).await.unwrap();
    let loaded = ledgers.load(id()).await.unwrap();
    assert!(loaded.measured.is_some_and(f64::is_nan));
    ledgers.await_verification().await;
    assert_eq!(verdicts(&ledgers.snapshot_stats()), (1, 0, 0));
}

/// A field that isn't stored is no difference, and hides none.
pub(crate) async fn what_is_not_stored_is_no_difference(store: Store) {
    let all = builder::<Partial>(Arc::clone(&store)).build().unwrap();
    let mut root = all.create(1, Started);
    root.record([Booked { amount: 1 }, Booked { amount: 2 }]);
    all.save(&mut root).await.unwrap();
    let loaded = all.load(1).await.unwrap();
    assert_eq!((loaded.sum, loaded.seen, root.seen), (3, 0, 2));
    all.await_verification().await;
    assert_eq!(verdicts(&all.snapshot_stats()), (1, 0, 0));
    let later = builder::<changed::Partial>(store).build().unwrap();
    assert_eq!(later.load(1).await.unwrap().sum, 3);
    later.await_verification().await;
    assert_eq!(verdicts(&later.snapshot_stats()), (1, 1, 0));
    let right = later.load(1).await.unwrap();
    assert_eq!((right.sum, right.seen), (6, 2));
}

/// Nothing is known of a state with a NaN whose bytes differ: that is said once.
#[test]
fn what_cannot_be_compared_is_said_once() {
    let kept = telemetry::subscriber::Kept::default();
    tracing::subscriber::with_default(kept.clone(), || {
        telemetry::run(async {
            let store: Store = Arc::new(MemoryStore::new());
            let earlier = builder::<Ledger>(Arc::clone(&store)).event_codec(Bincode);
            let earlier = earlier.build().unwrap();
            let mut root = saved(&earlier, 1).await;
            root.record(Measured { value: f64::NAN });
            earlier.save(&mut root).await.unwrap();
            let later = builder::<Changed>(store).event_codec(Bincode);
            let later = later.build().unwrap();
            for undecided in 1..=3 {
                later.load(id()).await.unwrap();
                later.await_verification().await;
                assert_eq!(verdicts(&later.snapshot_stats()), (0, 0, undecided));
            }
        });
    });
    let events = kept.events(Level::DEBUG);
    let messages = events.iter().filter_map(|event| event.get("message"));
    let said = messages.filter(|message| message.contains("NaN"));
    assert_eq!(said.count(), 1, "{events:#?}");
}

/// What panics in the user's code decides nothing, and disturbs nobody. Changes what one domain does: one test.
#[tokio::test]
async fn panics_decide_nothing() {
    let store = MemoryStore::new();
    let all = builder::<Touchy>(Arc::new(store)).build().unwrap();
    let mut root = all.create(1, Started);
    root.record(Booked { amount: 5 });
    all.save(&mut root).await.unwrap();
    for (round, flag) in [&COMPARING_PANICS, &FOLDING_PANICS].into_iter().enumerate() {
        flag.store(true, Ordering::SeqCst);
        assert_eq!(all.load(1).await.unwrap().sum, 5);
        all.await_verification().await;
        flag.store(false, Ordering::SeqCst);
        assert_eq!(verdicts(&all.snapshot_stats()), (0, 0, round as u64 + 1));
    }
    all.load(1).await.unwrap();
    all.await_verification().await;
    assert_eq!(verdicts(&all.snapshot_stats()), (1, 0, 2));
}

/// A report that panics changes nothing about what is done; a state that JSON can't hold says so.
#[tokio::test]
async fn what_has_no_json_says_so() {
    let reports: Arc<Mutex<Vec<[String; 2]>>> = Arc::default();
    let calls = Arc::new(AtomicUsize::new(0));
    let grids = builder::<Grid>(Arc::new(MemoryStore::new()))
        .on_difference({
            let (reports, calls) = (Arc::clone(&reports), Arc::clone(&calls));
            move |difference| {
                let jsons = [difference.stored_json(), difference.replayed_json()];
                reports.lock().unwrap().push(jsons);
                assert_eq!(calls.fetch_add(1, Ordering::SeqCst), 1, "panics at once");
            }
        })
        .build()
        .unwrap();
    let mut root = grids.create(1, Started);
    root.record(Booked { amount: 5 });
    grids.save(&mut root).await.unwrap();
    FACTOR.store(3, Ordering::SeqCst);
    assert_eq!(grids.load(1).await.unwrap().cells[&(1, 2)], 5);
    grids.await_verification().await;
    assert_eq!(grids.load(1).await.unwrap().cells[&(1, 2)], 15);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    for json in &reports.lock().unwrap()[0] {
        assert!(json.starts_with("can't be JSON: "), "{json}");
    }
}

/// The log has stream, version and both states.
#[test]
fn a_difference_is_an_error_with_both_states() {
    let kept = telemetry::subscriber::Kept::default();
    tracing::subscriber::with_default(kept.clone(), || {
        telemetry::run(async {
            let store: Store = Arc::new(MemoryStore::new());
            taken_by_the_earlier_program(&store).await;
            found(&verifying(&store).build().unwrap()).await;
        });
    });
    let errors: Vec<_> = kept.events(Level::ERROR);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    let of = |name: &str| errors[0][name].as_str();
    assert_eq!((of("stream"), of("version")), ("ledger/main", "6"));
    assert!(of("stored").contains(r#""balance":15"#), "{}", of("stored"));
    assert!(
        of("replayed").contains(r#""balance":30"#),
        "{}",
        of("replayed")
    );
    assert!(of("message").contains("schema_version"));
    let verified = kept.named("snapshot_verify");
    assert_eq!(verified[0].values["outcome"], "different");
    assert_eq!(verified[0].parent, None);
}
