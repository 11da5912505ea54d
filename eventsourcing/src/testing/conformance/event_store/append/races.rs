//! Several writers at once.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::runtime::Handle;

use crate::{
    Error,
    store::Appended,
    testing::conformance::{prelude::*, rounds::Rounds},
};

/// As many appends of one event at once to one version, each through the next of the handles.
async fn race(
    handles: &[Events],
    id: &str,
    expected: u64,
    racers: usize,
) -> Result<Vec<Result<Appended, Error>>, Failure> {
    let mut tasks = Vec::new();
    for store in handles.iter().cycle().take(racers) {
        let (store, one) = (store.clone(), commit(id, expected, 1)?);
        tasks.push(tokio::spawn(async move { store.append(&one).await }));
    }
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(joined(task).await?);
    }
    Ok(answers)
}

/// Races for a version a round, from `from`: one winner each, losers get conflicts.
async fn one_wins(
    handles: &[Events],
    id: &str,
    from: u64,
    rounds: impl Iterator<Item = u64>,
) -> Checked {
    let mut to = from;
    for round in rounds {
        let expected = from + round;
        to = expected + 1;
        let answers = race(handles, id, expected, 12).await?;
        let winners = answers.iter().filter(|answer| answer.is_ok()).count();
        same!(
            winners,
            1,
            "the winners of 12 that raced for version {}",
            expected + 1
        );
        for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            ensure!(error.is_conflict(), "a loser got no conflict but: {error}");
        }
        let head = handles[0].head(id).await?;
        same!(head, expected + 1, "the head after a race");
    }
    let seen = handles[0].read(id).await?;
    same!(
        versions(&seen),
        (1..=to).collect::<Vec<_>>(),
        "the versions after all races"
    );
    Ok(())
}

pub(crate) async fn of_many_that_race_for_a_version_one_wins(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 1).await?;
    one_wins(&[store], "1", 1, t.rounds(200)).await
}

/// How long writers meet at the head of a stream at most.
const FRAY: Duration = Duration::from_secs(2);

/// Appends at the head again and again, as often as `tries`; whoever loses goes on from the version it was told. Answers
/// the versions that it stored.
fn at_the_head(
    runtime: &Handle,
    store: &Events,
    tries: Rounds,
    until: Instant,
) -> Result<Vec<u64>, Failure> {
    let (mut head, mut stored) = (0, Vec::new());
    for number in tries {
        if number > 10 && Instant::now() > until {
            break;
        }
        let one = commit("1", head, 1)?;
        match runtime.block_on(store.append(&one)) {
            Ok(_) => {
                head += 1;
                stored.push(head);
            }
            lost => (_, _, head) = conflict(lost, "an append at the head")?,
        }
    }
    Ok(stored)
}

/// The same where there is one thread: the writers meet at the store's awaits.
async fn in_turns(store: &Events, writers: usize, tries: Rounds) -> Result<Vec<u64>, Failure> {
    let mut stored = Vec::new();
    for head in tries {
        let commits = (0..writers).map(|_| commit("1", head, 1));
        let commits = commits.collect::<Result<Vec<_>, _>>()?;
        let answers = join_all(commits.iter().map(|one| store.append(one))).await;
        stored.extend(
            answers
                .iter()
                .filter(|answer| answer.is_ok())
                .map(|_| head + 1),
        );
    }
    Ok(stored)
}

/// Threads that never wait for each other: where a store compares under one lock and stores under the next, and nothing
/// lies between the two, one of them gets in between sooner or later.
pub(crate) async fn of_threads_that_meet_at_the_head_one_wins(t: Trial) -> Checked {
    let (store, tries) = (t.events()?, t.rounds(1));
    let mut stored = Vec::new();
    if t.is_single_threaded() {
        stored = in_turns(&store, 4, tries).await?;
    } else {
        let until = Instant::now() + FRAY;
        let threads = [(); 4].map(|()| {
            let (store, runtime, tries) = (store.clone(), Handle::current(), tries.clone());
            tokio::task::spawn_blocking(move || at_the_head(&runtime, &store, tries, until))
        });
        for thread in threads {
            stored.extend(joined(thread).await??);
        }
    }
    stored.sort_unstable();
    let twice = stored.windows(2).find(|pair| pair[0] == pair[1]);
    if let Some([version, _]) = twice {
        let winners = stored.iter().filter(|stored| *stored == version).count();
        same!(winners, 1, "the winners of version {version}");
    }
    same!(
        store.head("1").await?,
        stored.len() as u64,
        "the head after as many acknowledged appends of one event"
    );
    Ok(())
}

pub(crate) async fn of_many_that_create_a_stream_one_wins(t: Trial) -> Checked {
    let store = [t.events()?];
    for id in t.rounds(400) {
        one_wins(&store, &id.to_string(), 0, 0..1).await?;
    }
    Ok(())
}

pub(crate) async fn of_many_that_race_through_two_handles_one_wins(t: Trial) -> Checked {
    let second = t.second().await?;
    let handles = [t.events()?, second.events()?];
    one_wins(&handles, "1", 0, t.rounds(400)).await
}

pub(crate) async fn losers_are_told_the_version_they_lost_to(t: Trial) -> Checked {
    let store = [t.events()?];
    for expected in t.rounds(1_000) {
        for answer in race(&store, "1", expected, 6).await? {
            if answer.is_err() {
                let (_, named, actual) = conflict(answer, "a lost race")?;
                same!(
                    (named, actual),
                    (expected, expected + 1),
                    "expected and actual version"
                );
            }
        }
    }
    Ok(())
}

pub(crate) async fn commits_to_different_streams_all_win(t: Trial) -> Checked {
    let store = t.events()?;
    let mut tasks = Vec::new();
    for id in 0..50 {
        let (store, one) = (store.clone(), commit(&id.to_string(), 0, 3)?);
        tasks.push(tokio::spawn(async move { store.append(&one).await }));
    }
    for task in tasks {
        joined(task).await??;
    }
    same!(
        store.all().await?.len(),
        150,
        "the events of 50 commits of 3"
    );
    Ok(())
}

/// Writers that look at the head and append, again until each has stored its share.
async fn stubborn(handles: &[Events], writers: usize, share: usize) -> Checked {
    let tasks = handles.iter().cycle().take(writers).map(|store| {
        let store = store.clone();
        joined(tokio::spawn(async move {
            let (mut stored, mut tries) = (Vec::new(), 0);
            while stored.len() < share {
                tries += 1;
                ensure!(
                    tries < 1_000 * share,
                    "a writer is still refused after {tries} tries"
                );
                let one = commit("shared", store.head("shared").await?, 1)?;
                tokio::task::yield_now().await;
                match store.append(&one).await {
                    Ok(_) => stored.push(one.id),
                    Err(error) => ensure!(error.is_conflict(), "a loser's error is {error}"),
                }
            }
            Ok::<_, Failure>(stored)
        }))
    });
    let mut acknowledged = Vec::new();
    for stored in join_all(tasks).await {
        acknowledged.extend(stored??);
    }
    let seen = handles[0].read("shared").await?;
    let wanted: Vec<_> = (1..=(writers * share) as u64).collect();
    same!(
        versions(&seen),
        wanted,
        "the versions after {writers} writers"
    );
    let mut stored: Vec<_> = seen.iter().map(|event| event.commit_id).collect();
    stored.sort_unstable();
    acknowledged.sort_unstable();
    ensure!(
        stored == acknowledged,
        "the stored commits are not the acknowledged ones"
    );
    Ok(())
}

pub(crate) async fn losers_that_try_again_are_each_stored_once(t: Trial) -> Checked {
    stubborn(&[t.events()?], 8, 10).await
}

pub(crate) async fn losers_that_try_again_through_two_handles_are_each_stored_once(
    t: Trial,
) -> Checked {
    let second = t.second().await?;
    stubborn(&[t.events()?, second.events()?], 6, 8).await
}
