//! Several writers at once.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use futures_util::future::join_all;
use tokio::runtime::Handle;

use crate::{
    Error,
    store::{Appended, Commit},
    testing::conformance::prelude::*,
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

/// Races for every version from `from` to `to`: one winner each, losers get conflicts.
async fn one_wins(handles: &[Events], id: &str, from: u64, to: u64) -> Checked {
    for expected in from..to {
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

/// Two threads that begin each round at the same time.
#[derive(Default)]
struct StartLine {
    arrived: AtomicU64,
    left: AtomicBool,
}

/// Whoever leaves, also by a panic, keeps nobody waiting.
struct Leaves<'a>(&'a StartLine);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.left.store(true, Ordering::SeqCst);
    }
}

impl StartLine {
    /// Spins until both are here; false if the other one has left.
    fn wait(&self, round: u64) -> bool {
        self.arrived.fetch_add(1, Ordering::SeqCst);
        let mut spins = 0_u32;
        while self.arrived.load(Ordering::SeqCst) < 2 * (round + 1) {
            if self.left.load(Ordering::SeqCst) {
                return false;
            }
            // The other thread may wait for this one's core.
            spins += 1;
            if spins.is_multiple_of(4_096) {
                std::thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
        }
        true
    }
}

/// One of two: appends a commit of its own in each round, and says in which rounds it was stored.
fn duel(
    runtime: &Handle,
    line: &StartLine,
    store: &Events,
    commits: &[Commit],
    late: bool,
) -> Result<Vec<bool>, Failure> {
    let _leaves = Leaves(line);
    let mut stored = Vec::with_capacity(commits.len());
    for (round, one) in (0..).zip(commits) {
        if !line.wait(round) {
            break;
        }
        // The two meet at another place in each round.
        for _ in 0..if late { round % 128 } else { 0 } {
            std::hint::spin_loop();
        }
        match runtime.block_on(store.append(one)) {
            Ok(_) => stored.push(true),
            Err(error) if error.is_conflict() => stored.push(false),
            Err(error) => return Err(Failure(format!("a loser got no conflict but: {error}"))),
        }
    }
    Ok(stored)
}

/// Whether each of the two stored its commit, in each round.
type Duels = [Result<Vec<bool>, Failure>; 2];

async fn threads(store: &Events, commits: [Vec<Commit>; 2]) -> Result<Duels, Failure> {
    let line = Arc::new(StartLine::default());
    // If this is dropped at its deadline, a thread whose rival hangs must not spin on.
    let _leaves = Leaves(&line);
    let [one, other] = [false, true].map(|late| {
        let (store, line, runtime) = (store.clone(), Arc::clone(&line), Handle::current());
        let commits = commits[usize::from(late)].clone();
        tokio::task::spawn_blocking(move || duel(&runtime, &line, &store, &commits, late))
    });
    Ok([joined(one).await?, joined(other).await?])
}

/// The same where there is one thread: they meet at the store's awaits.
async fn turns(store: &Events, commits: &[Vec<Commit>; 2]) -> Duels {
    let mut stored = [Vec::new(), Vec::new()];
    for (one, other) in commits[0].iter().zip(&commits[1]) {
        let (one, other) = tokio::join!(store.append(one), store.append(other));
        stored[0].push(one.is_ok());
        stored[1].push(other.is_ok());
    }
    stored.map(Ok)
}

/// Many short rounds of two: a store that compares under one lock and stores under the next is found out though nothing
/// lies between the two.
pub(crate) async fn of_two_that_start_together_one_wins(t: Trial) -> Checked {
    let (store, rounds) = (t.events()?, t.rounds(1));
    let commits = || (0..rounds).map(|round| commit(&(round % 64).to_string(), round / 64, 1));
    let commits = [
        commits().collect::<Result<_, _>>()?,
        commits().collect::<Result<_, _>>()?,
    ];
    let [one, other] = if t.is_single_threaded() {
        turns(&store, &commits).await
    } else {
        threads(&store, commits).await?
    };
    for (round, winners) in one?.into_iter().zip(other?).enumerate() {
        let (id, expected) = (round % 64, round / 64);
        let winners = u32::from(winners.0) + u32::from(winners.1);
        same!(
            winners,
            1,
            "the winners of 2 that appended to stream {id} at version {expected} at the same time"
        );
    }
    Ok(())
}

pub(crate) async fn of_many_that_create_a_stream_one_wins(t: Trial) -> Checked {
    let store = [t.events()?];
    for id in 0..t.rounds(400) {
        one_wins(&store, &id.to_string(), 0, 1).await?;
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
    for expected in 0..t.rounds(1_000) {
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
