//! All or none.

use std::collections::{HashMap, HashSet};

use futures_util::future::join_all;
use uuid::Uuid;

use crate::{
    Version,
    store::{Commit, ReadAll},
    testing::conformance::{prelude::*, rounds::Rounds},
};

pub(crate) async fn a_conflict_in_one_stream_stores_nothing_of_the_others(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("b", 0, 1).await?;
    let parts = vec![part("a", 0, 2)?, part("b", 0, 2)?, part("c", 0, 2)?];
    conflict(store.append(&commit_of(parts)).await, "a conflict in b")?;
    for (id, head) in [("a", 0), ("b", 1), ("c", 0)] {
        same!(store.head(id).await?, head, "the head of {id}");
        same!(
            store.read(id).await?.len() as u64,
            head,
            "the events in {id}"
        );
    }
    same!(store.all().await?.len(), 1, "the events in the store");
    Ok(())
}

pub(crate) async fn a_conflict_in_the_last_stream_stores_nothing_of_those_before(
    t: Trial,
) -> Checked {
    let store = t.events()?;
    let parts = vec![part("a", 0, 1)?, part("b", 0, 1)?, part("c", 7, 1)?];
    conflict(store.append(&commit_of(parts)).await, "a conflict in c")?;
    same!(store.head("a").await?, 0, "the head of a");
    same!(store.head("b").await?, 0, "the head of b");
    same!(store.all().await?.len(), 0, "the events in the store");
    Ok(())
}

pub(crate) async fn a_commit_of_three_streams_is_stored_whole(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("b", 0, 2).await?;
    let one = commit_of(vec![part("a", 0, 1)?, part("b", 2, 2)?, part("c", 0, 3)?]);
    store.append(&one).await?;
    for part in &one.streams {
        let seen = store.read(part.stream.id()).await?;
        let stored: Vec<_> = seen.iter().filter(|e| e.commit_id == one.id).collect();
        let wanted: Vec<_> = part.events.iter().collect();
        let stored: Vec<_> = stored.iter().map(|e| &e.event).collect();
        same!(stored, wanted, "the commit's events in {}", part.stream);
    }
    same!(store.head("b").await?, 4, "the head of b");
    Ok(())
}

pub(crate) async fn a_save_that_lost_its_first_version_stores_none(t: Trial) -> Checked {
    let store = t.events()?;
    let first = commit("1", 0, 1)?;
    store.append(&first).await?;
    // Of its two versions only the first is taken.
    conflict(
        store.append(&commit("1", 0, 2)?).await,
        "two events at a version that is taken",
    )?;
    let seen = store.read("1").await?;
    same!(versions(&seen), [1], "the versions in the stream");
    same!(
        seen.first().map(|seen| seen.commit_id),
        Some(first.id),
        "the commit of version 1"
    );
    Ok(())
}

/// Three saves of two events at once, each pair overlapping by one or two versions. Answers the winner.
async fn overlapping(store: &Events, id: &str, head: u64) -> Result<Uuid, Failure> {
    let commits = [
        commit(id, head, 2)?,
        commit(id, head + 1, 2)?,
        commit(id, head, 2)?,
    ];
    let racing = commits.clone().map(|commit| {
        let store = store.clone();
        tokio::spawn(async move { store.append(&commit).await })
    });
    let mut winners = Vec::new();
    for (commit, racer) in commits.iter().zip(racing) {
        match joined(racer).await? {
            Ok(_) => winners.push(commit),
            Err(error) => ensure!(error.is_conflict(), "a loser's error is {error}"),
        }
    }
    let [winner] = winners[..] else {
        let text = format!(
            "{} of 3 overlapping saves won at version {head}",
            winners.len()
        );
        return Err(Failure(text));
    };
    let from = winner.streams[0].expected.get();
    same!(from, head, "the version that the winner expected");
    Ok(winner.id)
}

pub(crate) async fn racing_saves_that_overlap_by_one_leave_no_event_of_a_loser(
    t: Trial,
) -> Checked {
    const ROUNDS_OF_A_STREAM: u64 = 500;
    let store = t.events()?;
    let mut all = t.rounds(1).peekable();
    while let Some(first) = all.peek() {
        let id = format!("race-{first}");
        let mut winners = Vec::new();
        for (round, _) in (0..ROUNDS_OF_A_STREAM).zip(&mut all) {
            winners.push(overlapping(&store, &id, round * 2).await?);
        }
        let rounds = winners.len() as u64;
        let seen = store.read(&id).await?;
        same!(
            versions(&seen),
            (1..=rounds * 2).collect::<Vec<_>>(),
            "the versions in a stream after {rounds} races"
        );
        for (pair, winner) in seen.chunks(2).zip(winners) {
            let of = |event: &Seen| (event.version, event.commit_id == winner);
            ensure!(
                pair.iter().all(|event| event.commit_id == winner),
                "an event of a loser was stored: (version, of the winner) {:?}",
                pair.iter().map(of).collect::<Vec<_>>()
            );
        }
    }
    Ok(())
}

pub(crate) async fn racing_commits_of_several_streams_are_stored_whole_or_not_at_all(
    t: Trial,
) -> Checked {
    let store = t.events()?;
    for round in t.rounds(500) {
        let racers = (0..8).map(|racer| {
            let (store, own) = (store.clone(), format!("{round}-{racer}"));
            let parts = [part(&own, 0, 3), part("shared", round * 2, 2)];
            tokio::spawn(async move {
                let parts = parts.into_iter().collect::<Result<_, _>>()?;
                let stored = store.append(&commit_of(parts)).await.is_ok();
                Ok::<_, Failure>((own, stored))
            })
        });
        let mut winners = 0;
        for racer in join_all(racers.map(joined)).await {
            let (own, stored) = racer??;
            winners += usize::from(stored);
            let head = store.head(&own).await?;
            same!(
                head,
                if stored { 3 } else { 0 },
                "a racer's own stream (stored: {stored})"
            );
        }
        same!(winners, 1, "the winners of a race for the shared stream");
    }
    Ok(())
}

/// A task that appends commits of three events (to each of `streams` streams), yielding between them.
fn writer(
    store: &Events,
    commits: Rounds,
    streams: u64,
) -> tokio::task::JoinHandle<Result<u64, Failure>> {
    let store = store.clone();
    tokio::spawn(async move {
        let mut stored = 0;
        for number in commits {
            let parts = (0..streams).map(|id| part(&id.to_string(), number * 3, 3));
            store
                .append(&commit_of(parts.collect::<Result<_, _>>()?))
                .await?;
            stored += 1;
            tokio::task::yield_now().await;
        }
        Ok(stored)
    })
}

pub(crate) async fn readers_of_a_stream_never_see_a_part_of_a_commit(t: Trial) -> Checked {
    let store = t.events()?;
    let commits = t.rounds(200);
    let writer = writer(&store, commits, 1);
    loop {
        let finished = writer.is_finished();
        let read = range(1..=Version::MAX.get(), 100_000);
        let seen = store.page("0", read).await?.len() as u64;
        same!(
            seen % 3,
            0,
            "events beyond whole commits of three, of {seen} that a reader saw"
        );
        if finished {
            let commits = joined(writer).await??;
            same!(seen, commits * 3, "events at the end");
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
}

fn of_one_commit(read: &[Seen]) -> HashMap<Uuid, usize> {
    let mut counts = HashMap::new();
    for event in read {
        *counts.entry(event.commit_id).or_default() += 1;
    }
    counts
}

pub(crate) async fn readers_of_all_never_see_a_part_of_a_commit(t: Trial) -> Checked {
    let store = t.events()?;
    let commits = t.rounds(400);
    let writer = writer(&store, commits, 3);
    loop {
        let finished = writer.is_finished();
        let read = ReadAll {
            limit: 100_000,
            ..ReadAll::default()
        };
        let page = store.page_of_all(&read).await?;
        let seen: Vec<_> = page.iter().map(Seen::from).collect();
        for (commit, count) in of_one_commit(&seen) {
            same!(
                count,
                9,
                "events that a reader saw of commit {commit}, which has 9"
            );
        }
        if finished {
            let commits = joined(writer).await??;
            same!(seen.len() as u64, commits * 9, "events at the end");
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
}

async fn stored_whole(store: &Events, one: &Commit) -> Checked {
    let appended = store.append(one).await?;
    same!(
        appended.streams.len(),
        one.streams.len(),
        "the streams in the answer"
    );
    let mut positions = HashSet::new();
    for (part, answer) in one.streams.iter().zip(&appended.streams) {
        let id = part.stream.id();
        let seen = store.read(id).await?;
        let wanted: Vec<_> = part.events.iter().map(|event| event.id).collect();
        ensure!(
            ids(&seen) == wanted,
            "the events of {id} are not those of the commit"
        );
        let read: Vec<_> = seen.iter().map(|event| event.position).collect();
        ensure!(
            read == answer.positions,
            "the positions of {id} differ from the answer"
        );
        positions.extend(read);
    }
    same!(positions.len(), one.event_count(), "different positions");
    Ok(())
}

pub(crate) async fn ten_thousand_events_in_one_commit(t: Trial) -> Checked {
    let store = t.events()?;
    stored_whole(&store, &commit("many", 0, LARGE_COMMIT)?).await?;
    same!(store.head("many").await?, LARGE_COMMIT as u64, "the head");
    Ok(())
}

pub(crate) async fn five_hundred_streams_in_one_commit(t: Trial) -> Checked {
    let store = t.events()?;
    let parts = (0..500).map(|id| part(&id.to_string(), 0, 2));
    stored_whole(&store, &commit_of(parts.collect::<Result<_, _>>()?)).await
}
