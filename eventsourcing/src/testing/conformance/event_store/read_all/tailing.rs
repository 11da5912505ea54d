//! Readers that follow while others write: every event once, whatever is committed meanwhile.

use std::collections::{BTreeSet, HashMap, HashSet};

use tokio::task::{JoinHandle, yield_now};
use uuid::Uuid;

use super::{after, filtered};
use crate::{
    store::ReadAll,
    testing::conformance::{prelude::*, rounds::Rounds},
};

/// A writer with a stream of its own, and one that all share. Answers the ids of what was acknowledged.
fn writer(store: &Events, number: usize, commits: Rounds, most: u64) -> JoinHandle<Acknowledged> {
    let store = store.clone();
    tokio::spawn(async move {
        let (mut acknowledged, mut head) = (Vec::new(), 0);
        let own = named(
            if number.is_multiple_of(2) {
                "order"
            } else {
                "invoice"
            },
            &format!("own-{number}"),
        )?;
        for round in commits {
            let count = round % most + 1;
            let mut one = commit("shared", head, usize::try_from(count).unwrap_or(1))?;
            one.streams[0].stream = own.clone();
            store.append(&one).await?;
            head += count;
            acknowledged.extend(one.streams[0].events.iter().map(|event| event.id));
            yield_now().await;
            let shared = commit("shared", store.head("shared").await?, 1)?;
            yield_now().await;
            if store.append(&shared).await.is_ok() {
                acknowledged.push(shared.streams[0].events[0].id);
            }
        }
        Ok(acknowledged)
    })
}

type Acknowledged = Result<Vec<Uuid>, Failure>;

/// Follows until `done`, and from there to the end.
async fn tail(
    store: &Events,
    mut read: ReadAll,
    done: impl Fn() -> bool,
) -> Result<Vec<Seen>, Failure> {
    let (mut seen, mut places) = (Vec::new(), HashSet::new());
    loop {
        let last_look = done();
        let page = store.page_of_all(&read).await?;
        seen.extend(page.iter().map(Seen::from));
        let place = page.last().map(|event| event.position);
        ensure!(
            place.is_none_or(|place| places.insert(place)),
            "a tailing reader was led back to a place where it had been"
        );
        read.after = page.last().map(|event| event.position).or(read.after);
        if last_look && page.is_empty() {
            return Ok(seen);
        }
        yield_now().await;
    }
}

/// What a reader saw is what was acknowledged, each once, each stream in order.
fn complete(seen: &[Seen], acknowledged: &[Uuid]) -> Checked {
    let (saw, wanted): (BTreeSet<_>, BTreeSet<_>) = (
        seen.iter().map(|event| event.event.id).collect(),
        acknowledged.iter().copied().collect(),
    );
    let skipped = wanted.difference(&saw).count();
    same!(
        skipped,
        0,
        "events that a tailing reader skipped, of {}",
        wanted.len()
    );
    let strange = saw.difference(&wanted).count();
    same!(
        strange,
        0,
        "events that a tailing reader saw and nobody was acknowledged"
    );
    same!(
        seen.len(),
        saw.len(),
        "events that a tailing reader saw, and different ones"
    );
    let mut heads: HashMap<&str, u64> = HashMap::new();
    for event in seen {
        let head = heads.entry(&event.stream).or_default();
        ensure!(
            event.version > *head,
            "a tailing reader saw version {} of {} after version {head}",
            event.version,
            event.stream
        );
        *head = event.version;
    }
    Ok(())
}

/// Six writers and a reader at once.
async fn follow(
    writers: &Events,
    reader: &Events,
    read: ReadAll,
    commits: &Rounds,
    most: u64,
) -> Checked {
    let tasks: Vec<_> = (0..6)
        .map(|number| writer(writers, number, commits.clone(), most))
        .collect();
    let done = || tasks.iter().all(JoinHandle::is_finished);
    let seen = tail(reader, read.clone(), done).await?;
    let mut acknowledged = Vec::new();
    for task in tasks {
        acknowledged.extend(joined(task).await??);
    }
    if read.category.is_some() || read.first_only {
        // What passes the filter, by a reader that came when all was over; it is held against the rest below.
        let all = reader.all().await?;
        let passes = |event: &&Seen| {
            (!read.first_only || event.version == 1)
                && read
                    .category
                    .as_ref()
                    .is_none_or(|category| event.stream.split('/').next() == Some(category))
        };
        complete(&all, &acknowledged)?;
        let wanted: Vec<_> = all.iter().filter(passes).cloned().collect();
        return complete(&seen, &ids(&wanted));
    }
    complete(&seen, &acknowledged)
}

pub(crate) async fn a_tailing_reader_sees_every_event_once(t: Trial) -> Checked {
    let store = t.events()?;
    follow(&store, &store, after(None, 5), &t.rounds(250), 3).await
}

pub(crate) async fn a_tailing_reader_sees_large_commits_whole(t: Trial) -> Checked {
    let store = t.events()?;
    follow(&store, &store, after(None, 7), &t.rounds(1_000), 40).await
}

pub(crate) async fn a_tailing_reader_through_another_handle(t: Trial) -> Checked {
    let second = t.second().await?;
    follow(
        &t.events()?,
        &second.events()?,
        after(None, 5),
        &t.rounds(400),
        3,
    )
    .await
}

pub(crate) async fn a_tailing_reader_of_one_category(t: Trial) -> Checked {
    let store = t.events()?;
    follow(
        &store,
        &store,
        filtered(Some("invoice"), false, 3),
        &t.rounds(400),
        3,
    )
    .await
}

pub(crate) async fn a_tailing_reader_of_first_events(t: Trial) -> Checked {
    let store = t.events()?;
    follow(&store, &store, filtered(None, true, 1), &t.rounds(1_000), 2).await
}

pub(crate) async fn a_reader_that_waits_at_the_end_sees_what_comes(t: Trial) -> Checked {
    let store = t.events()?;
    let mut read = after(None, 10);
    for round in 0..20 {
        let page = store.page_of_all(&read).await?;
        same!(
            page.len(),
            0,
            "the events at the end, before append {round}"
        );
        store.put("1", round * 2, 2).await?;
        let page = store.page_of_all(&read).await?;
        let seen: Vec<_> = page.iter().map(|event| event.version.get()).collect();
        same!(seen, [round * 2 + 1, round * 2 + 2], "what came at the end");
        read.after = page.last().map(|event| event.position);
    }
    Ok(())
}

pub(crate) async fn conflicts_and_repetitions_show_nothing(t: Trial) -> Checked {
    let store = t.events()?;
    let mut wanted = Vec::new();
    for expected in 0..10 {
        let one = commit("1", expected, 1)?;
        store.append(&one).await?;
        store.append(&one).await?;
        refused(
            store.append(&commit("1", expected, 2)?).await,
            "a stale commit",
        )?;
        wanted.push(one.streams[0].events[0].id);
    }
    same!(
        ids(&store.all().await?),
        wanted,
        "the events, after repetitions and conflicts"
    );
    Ok(())
}
