//! Whole copies, between stores of each kind.

use std::sync::Arc;

use eventsourcing::{
    copy::{Phase, StoreCopy, digest},
    store::tokio_postgres::NoTls,
};

use crate::{
    bed::{Booked, Kind, accounts, commit, event, fill, part, time},
    same::{assert_same, rows, snapshots},
};

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_the_same_in_a_store_of_another_kind() {
    for from in Kind::ALL {
        for to in Kind::ALL {
            let (Some(source), Some(target)) = (from.fresh().await, to.fresh().await) else {
                continue;
            };
            fill(&source).await;
            let mut phases = Vec::new();
            let copied = StoreCopy::new(&source.store, &target.store, Arc::clone(&target.clock))
                .run(|progress| phases.push((progress.phase, progress.done)))
                .await
                .unwrap_or_else(|error| panic!("{from:?} to {to:?}: {error}"));
            assert_same(&source.store, &target.store).await;

            let events = rows(&source.store).await.len() as u64;
            assert_eq!((copied.appended, copied.digest.events), (events, events));
            assert_eq!(copied.digest.streams, 20 + 3 + 2);
            assert_eq!(
                copied.digest,
                digest(&source.store).await.expect("a digest")
            );
            assert_eq!(
                copied.digest,
                digest(&target.store).await.expect("a digest")
            );
            assert_eq!(
                copied.snapshots,
                snapshots(&source.store).await.len() as u64
            );
            assert!(copied.snapshots > 15);
            assert!(phases.contains(&(Phase::Copying, events)));
            assert!(phases.contains(&(Phase::Verifying, events)));
            assert_eq!(phases.last(), Some(&(Phase::Snapshots, copied.snapshots)));
            let (before, after) = copied.last.expect("a place");
            assert_eq!(
                rows(&source.store).await.last().map(|row| row.0),
                Some(before)
            );
            assert_eq!(
                rows(&target.store).await.last().map(|row| row.0),
                Some(after)
            );
        }
    }
}

/// Loads begin at the copied snapshots, the past is where it was, and life goes on.
#[tokio::test(flavor = "multi_thread")]
async fn snapshots_fit_and_the_past_is_where_it_was() {
    for kind in Kind::ALL {
        let Some(target) = kind.fresh().await else {
            continue;
        };
        let source = Kind::Sqlite.fresh().await.expect("a file");
        fill(&source).await;
        StoreCopy::new(&source.store, &target.store, Arc::clone(&target.clock))
            .run(|_| {})
            .await
            .expect("a copy");
        let (old, new) = (accounts(&source.store), accounts(&target.store));
        for id in 1..=20 {
            let (wanted, found) = (
                old.load(id).await.expect("it"),
                new.load(id).await.expect("it"),
            );
            assert_eq!(
                (wanted.version(), wanted.state()),
                (found.version(), found.state())
            );
            for seconds in [5, 60, 75, 100, 200] {
                let wanted = old.find_as_of(id, time(seconds)).await.expect("an answer");
                let found = new.find_as_of(id, time(seconds)).await.expect("an answer");
                assert_eq!(
                    wanted.map(|it| (it.version(), it.cents)),
                    found.map(|it| (it.version(), it.cents)),
                    "account {id} at {seconds}"
                );
            }
        }
        let (wanted, stats) = (old.snapshot_stats(), new.snapshot_stats());
        assert_eq!(stats, wanted);
        assert!(stats.hits > 15, "{stats:?}");
        assert_eq!(stats.removed, 0);
        target.clock.set(time(1_000));
        new.execute(3, |_| {
            Ok::<_, std::convert::Infallible>(Booked { cents: 1 })
        })
        .await
        .expect("a save");
    }
}

/// A save whose answer was lost before the copy is recognised after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_recognised_in_the_copy() {
    for kind in Kind::ALL {
        let Some(target) = kind.fresh().await else {
            continue;
        };
        let source = Kind::Memory.fresh().await.expect("a store");
        let parts = vec![
            part("1", 0, vec![event("json", b"1"), event("json", b"2")]),
            part("2", 0, vec![event("json", b"3")]),
        ];
        let one = commit(parts);
        source.store.append(one.clone()).await.expect("a commit");
        StoreCopy::new(&source.store, &target.store, Arc::clone(&target.clock))
            .run(|_| {})
            .await
            .expect("a copy");
        let again = target.store.append(one).await.expect("a repetition");
        assert!(again.repeated);
        let other = commit(vec![part("1", 0, vec![event("json", b"1")])]);
        assert!(
            target
                .store
                .append(other)
                .await
                .expect_err("it is taken")
                .is_conflict()
        );
    }
}

/// A source that goes on is caught up with: what was there is compared, the rest appended.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_has_only_the_rest_to_do() {
    for kind in Kind::ALL {
        let Some(target) = kind.fresh().await else {
            continue;
        };
        let source = Kind::Sqlite.fresh().await.expect("a file");
        fill(&source).await;
        let run =
            || StoreCopy::new(&source.store, &target.store, Arc::clone(&target.clock)).run(|_| {});
        let first = run().await.expect("a copy");
        source.clock.set(time(500));
        let accounts = accounts(&source.store);
        for _ in 0..7 {
            accounts
                .execute(9, |_| {
                    Ok::<_, std::convert::Infallible>(Booked { cents: 1 })
                })
                .await
                .expect("a save");
        }
        let second = run().await.expect("a copy");
        assert_eq!(second.appended, 7);
        assert_eq!(second.digest.events, first.digest.events + 7);
        assert!(second.snapshots > 0);
        assert_same(&source.store, &target.store).await;
        let third = run().await.expect("a copy");
        assert_eq!((third.appended, third.snapshots), (0, 0));
        assert_eq!((third.digest, third.last), (second.digest, second.last));
    }
}

/// Commits of several writers lie between each other in PostgreSQL: the copy keeps the order of events, and each commit
/// is still recognised.
#[tokio::test(flavor = "multi_thread")]
async fn commits_that_lie_between_each_other_keep_their_order() {
    for kind in Kind::ALL {
        let (Some(source), Some(target)) = (Kind::Postgres.fresh().await, kind.fresh().await)
        else {
            return;
        };
        let [one, other] = ["1", "2"].map(|id| {
            let events = (0..3).map(|_| event("json", b"1")).collect();
            let more = vec![event("json", b"2"), event("json", b"3")];
            commit(vec![part(id, 0, events), part(&format!("{id}+"), 0, more)])
        });
        for one in [&one, &other] {
            source.store.append(one.clone()).await.expect("a commit");
        }
        let database = source.database.as_ref().expect("a database");
        let (client, connection) = database
            .config()
            .connect(NoTls)
            .await
            .expect("a connection");
        tokio::spawn(connection);
        // 1 6 2 7 3 8 … as if both had drawn in turns.
        let sql = "UPDATE eventsourcing.events SET position = 100 + CASE WHEN position > 5 THEN 2 * (position - 5) ELSE 2 * position - 1 END;
            SELECT setval('eventsourcing.events_position', 120)";
        client.batch_execute(sql).await.expect("other positions");
        let streams: Vec<_> = rows(&source.store)
            .await
            .into_iter()
            .map(|(_, row)| row.0)
            .collect();
        assert_eq!(streams[..4], ["raw/1", "raw/2", "raw/1", "raw/2"]);

        let copied = StoreCopy::new(&source.store, &target.store, Arc::clone(&target.clock))
            .run(|_| {})
            .await
            .expect("a copy");
        assert_eq!(copied.appended, 10);
        assert_same(&source.store, &target.store).await;
        for one in [one, other] {
            assert!(
                target
                    .store
                    .append(one)
                    .await
                    .expect("a repetition")
                    .repeated
            );
        }
    }
}
