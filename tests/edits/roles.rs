//! Edits of what an event is to the aggregate: its list, its stored name, its aliases.

use std::{collections::BTreeSet, sync::Arc};

use eventsourcing::{
    EventStore, MemoryStore, SqliteStore, StreamId,
    prelude::*,
    schema::Fingerprint,
    snapshot::{SnapshotInfo, SnapshotMiss},
};
/// A program in a module: a life in which `Up` adds and `Down` takes away.
macro_rules! life {
    ($module:ident, { $($up:tt)* } { $($down:tt)* } ($($lists:tt)*) { $($handlers:tt)* }) => {
        mod $module {
            use eventsourcing::prelude::*;
            use serde::{Deserialize, Serialize};

            #[derive(Event, Clone, Debug, Serialize, Deserialize)]
            pub(super) struct Begun;

            #[derive(Event, Clone, Debug, Serialize, Deserialize)]
            $($up)*

            #[derive(Event, Clone, Debug, Serialize, Deserialize)]
            $($down)*

            #[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
            #[aggregate(name = "life", id = u64, create(Begun), $($lists)*)]
            pub(super) struct Life {
                pub(super) total: i64,
            }

            impl LifeHandlers for Life {
                fn begun(_: &u64, _: Begun) -> Self {
                    Self { total: 0 }
                }

                $($handlers)*
            }
        }
    };
}

life!(open, { pub(super) struct Up(pub(super) i64); } { pub(super) struct Down(pub(super) i64); } (events(Up, Down)) {
    fn up(&mut self, event: Up) { self.total += event.0; }
    fn down(&mut self, event: Down) { self.total -= event.0; }
});
life!(ended, { pub(super) struct Up(pub(super) i64); } { pub(super) struct Down(pub(super) i64); } (events(Up), discard(Down)) {
    fn up(&mut self, event: Up) { self.total += event.0; }
});
life!(swapped, { #[event(name = "Down")] pub(super) struct Up(i64); } { #[event(name = "Up")] pub(super) struct Down(i64); } (events(Up, Down)) {
    fn up(&mut self, event: Up) { self.total += event.0; }
    fn down(&mut self, event: Down) { self.total -= event.0; }
});
life!(renamed, { #[event(name = "Up")] pub(super) struct Raised(i64); } { pub(super) struct Down(i64); } (events(Raised, Down)) {
    fn raised(&mut self, event: Raised) { self.total += event.0; }
    fn down(&mut self, event: Down) { self.total -= event.0; }
});
life!(up_is_old_up, { #[event(name = "Rise", alias = "Up")] pub(super) struct Up(i64); } { pub(super) struct Down(i64); } (events(Up, Down)) {
    fn up(&mut self, event: Up) { self.total += event.0; }
    fn down(&mut self, event: Down) { self.total -= event.0; }
});
life!(down_is_old_up, { #[event(name = "Rise")] pub(super) struct Up(i64); } { #[event(alias = "Up")] pub(super) struct Down(i64); } (events(Up, Down)) {
    fn up(&mut self, event: Up) { self.total += event.0; }
    fn down(&mut self, event: Down) { self.total -= event.0; }
});

const ID: u64 = 7;

fn repository<A: Aggregate<Id = u64>>(store: &Store) -> Repository<A> {
    let builder = Repository::builder(store.clone()).snapshots(SnapshotPolicy::always());
    builder.build().expect("a repository that can work")
}

async fn rows<A: Aggregate<Id = u64>>(store: &Store) -> Vec<SnapshotInfo> {
    let snapshots = store.snapshot_store().expect("it has one");
    let stream = StreamId::of::<A>(&ID).expect("a valid id");
    snapshots.list(&stream).await.expect("a good store lists")
}

/// A load equals a replay, and says why it took a snapshot for no answer.
async fn is_replayed<A: Aggregate<Id = u64> + PartialEq>(
    store: &Store,
    why: SnapshotMiss,
) -> Option<A> {
    let repository = repository::<A>(store);
    let plain = Repository::<A>::builder(store.clone()).ignore_snapshots();
    let plain = plain.build().expect("a repository that can work");
    let replayed = plain.find(ID).await.expect("it can be replayed");
    let loaded = repository.find(ID).await.expect("it can be loaded");
    let state = |root: Option<Root<A>>| root.map(|root| root.state().clone());
    let (replayed, loaded) = (state(replayed), state(loaded));
    assert_eq!(loaded, replayed);
    let missed = repository.snapshot_stats().missed(why);
    assert!(missed >= 1, "{:?}", repository.snapshot_stats());
    loaded
}

/// Rows of other programs are left alone.
async fn is_left_alone<A: Aggregate<Id = u64> + PartialEq>(store: &Store) -> Option<A> {
    let before = rows::<A>(store).await;
    let loaded = is_replayed::<A>(store, SnapshotMiss::StaleShape).await;
    let after = rows::<A>(store).await;
    assert!(before.iter().all(|row| after.contains(row)), "left alone");
    loaded
}

type Store = Arc<dyn EventStore>;

async fn a_discard_becomes_a_change(store: Store) {
    let lives = repository::<ended::Life>(&store);
    let mut root = lives.create(ID, ended::Begun);
    root.record(ended::Up(5));
    lives.save(&mut root).await.expect("it is new");
    lives
        .discard(&mut root, ended::Down(3))
        .await
        .expect("it lives");
    assert!(lives.find(ID).await.expect("it is found out").is_none());

    let life = is_replayed::<open::Life>(&store, SnapshotMiss::Corrupt).await;
    assert_eq!(life.map(|life| life.total), Some(2));
    // Side by side with the other program: each replaces what contradicts its event, neither is wrong.
    assert!(lives.find(ID).await.expect("it is found out").is_none());
    assert_eq!(lives.snapshot_stats().missed(SnapshotMiss::Corrupt), 1);
    // Events that follow are covered by snapshots again.
    let lives = repository::<open::Life>(&store);
    let mut root = lives.load(ID).await.expect("it lives");
    root.record(open::Up(10));
    lives.save(&mut root).await.expect("no rival");
    let hits = lives.snapshot_stats().hits;
    assert_eq!(lives.load(ID).await.expect("it lives").total, 12);
    assert_eq!(lives.snapshot_stats().hits, hits + 1);
}

async fn a_change_becomes_a_discard(store: Store) {
    let lives = repository::<open::Life>(&store);
    let mut root = lives.create(ID, open::Begun);
    root.record(open::Up(5));
    lives.save(&mut root).await.expect("it is new");
    root.record(open::Down(3));
    lives.save(&mut root).await.expect("no rival");
    assert_eq!(lives.load(ID).await.expect("it lives").total, 2);

    assert_eq!(
        is_replayed::<ended::Life>(&store, SnapshotMiss::Corrupt).await,
        None
    );
    assert_eq!(lives.load(ID).await.expect("it lives").total, 2);
}

async fn two_events_trade_names(store: Store) {
    stored_openly(&store).await;
    let life = is_left_alone::<swapped::Life>(&store).await;
    assert_eq!(life.map(|life| life.total), Some(-5));
}

async fn an_alias_moves_to_another_event(store: Store) {
    stored_openly(&store).await;
    let life = is_left_alone::<up_is_old_up::Life>(&store).await;
    assert_eq!(life.map(|life| life.total), Some(5));
    let life = is_left_alone::<down_is_old_up::Life>(&store).await;
    assert_eq!(life.map(|life| life.total), Some(-5));
}

async fn stored_openly(store: &Store) {
    let lives = repository::<open::Life>(store);
    let mut root = lives.create(ID, open::Begun);
    root.record(open::Up(5));
    lives.save(&mut root).await.expect("it is new");
}

macro_rules! stores {
    ($($scenario:ident),+) => {
        mod memory {
            $(#[tokio::test]
            async fn $scenario() {
                super::$scenario(std::sync::Arc::new(super::MemoryStore::new())).await;
            })+
        }
        mod sqlite {
            $(#[tokio::test]
            async fn $scenario() {
                let store = super::SqliteStore::in_memory().await.expect("a store");
                super::$scenario(std::sync::Arc::new(store)).await;
            })+
        }
    };
}

stores!(
    a_discard_becomes_a_change,
    a_change_becomes_a_discard,
    two_events_trade_names,
    an_alias_moves_to_another_event
);

#[test]
fn names_that_mean_other_events_are_part_of_the_fingerprint() {
    let all = [
        Fingerprint::of_state::<open::Life>(),
        Fingerprint::of_state::<swapped::Life>(),
        Fingerprint::of_state::<up_is_old_up::Life>(),
        Fingerprint::of_state::<down_is_old_up::Life>(),
    ];
    assert_eq!(BTreeSet::from(all).len(), all.len());
}

#[test]
fn to_rename_a_type_and_keep_its_stored_name_changes_nothing() {
    let (before, after) = (
        Fingerprint::of_state::<open::Life>(),
        Fingerprint::of_state::<renamed::Life>(),
    );
    assert_eq!(before, after);
}
