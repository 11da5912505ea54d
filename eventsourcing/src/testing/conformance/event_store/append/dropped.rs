//! Appends whose future is dropped, wherever it is by then: a caller that was cancelled.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use tokio::time::timeout;

use crate::{
    Position,
    store::{Appended, Atomicity, Commit},
    testing::conformance::{event_store::read_all::after, prelude::*, rounds::Rounds},
};

/// What lies between two polls.
#[derive(Debug, Clone, Copy)]
enum Pace {
    /// Nothing.
    AtOnce,
    /// The turn of other tasks.
    Yielding,
    /// Whatever the store waits for.
    Woken,
}

/// Up to here every number of polls is tried, and then as long as the append isn't over.
const POLLS: u64 = 20;
const MOST_POLLS: u64 = 64;

/// Polls so many times and drops; the answer if there was one by then.
async fn polled<F: Future>(future: F, polls: u64, pace: Pace) -> Option<F::Output> {
    let (mut future, mut left) = (pin!(future), polls);
    poll_fn(move |context| {
        loop {
            if let Poll::Ready(answer) = future.as_mut().poll(context) {
                return Poll::Ready(Some(answer));
            }
            left = left.saturating_sub(1);
            match pace {
                _ if left == 0 => return Poll::Ready(None),
                Pace::AtOnce => {}
                Pace::Yielding => {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Pace::Woken => return Poll::Pending,
            }
        }
    })
    .await
}

/// Six events in three streams of this round, or in one where the store takes no more.
fn of_round(t: &Trial, round: &str) -> Result<Commit, Failure> {
    let most = t.declared().max_commit_events.unwrap_or(usize::MAX);
    let several = t.declared().atomic == Atomicity::AnyStreams && most >= 6;
    Ok(commit_of(if several {
        let parts = [("a", 1), ("b", 3), ("c", 2)];
        let parts = parts.map(|(id, count)| part(&format!("{id}-{round}"), 0, count));
        parts.into_iter().collect::<Result<_, _>>()?
    } else {
        vec![part(&format!("a-{round}"), 0, most.min(6))?]
    }))
}

/// One append dropped after so many polls.
struct Dropped {
    round: String,
    commit: Commit,
    answer: Option<crate::Result<Appended>>,
}

impl Dropped {
    /// The numbers of events in the commit's streams.
    async fn heads(&self, store: &Events) -> Result<Vec<u64>, Failure> {
        let mut heads = Vec::new();
        for part in &self.commit.streams {
            heads.push(store.head(part.stream.id()).await?);
        }
        Ok(heads)
    }

    /// What these are if all of it is stored.
    fn whole(&self) -> Vec<u64> {
        let parts = self.commit.streams.iter();
        parts.map(|part| part.events.len() as u64).collect()
    }
}

/// Drops appends after every number of polls, at each pace.
struct Drops<'a> {
    t: &'a Trial,
    store: Events,
    paces: std::slice::Iter<'static, Pace>,
    pace: Pace,
    polls: Rounds,
    now: u64,
}

impl<'a> Drops<'a> {
    fn new(t: &'a Trial) -> Result<Self, Failure> {
        Ok(Self {
            t,
            store: t.events()?,
            paces: [Pace::Yielding, Pace::Woken].iter(),
            pace: Pace::AtOnce,
            polls: t.times(MOST_POLLS),
            now: 0,
        })
    }

    async fn next(&mut self) -> Result<Option<Dropped>, Failure> {
        let Some(polls) = self.polls.next() else {
            let Some(pace) = self.paces.next() else {
                return Ok(None);
            };
            (self.pace, self.polls) = (*pace, self.t.times(MOST_POLLS));
            return Box::pin(self.next()).await;
        };
        self.now = polls + 1;
        let round = format!("{:?}-{}", self.pace, self.now);
        let commit = of_round(self.t, &round)?;
        let answer = polled(self.store.append(&commit), self.now, self.pace).await;
        if answer.is_some() && self.now >= POLLS {
            self.polls = self.t.times(0);
        }
        Ok(Some(Dropped {
            round,
            commit,
            answer,
        }))
    }

    /// What comes after it: if that waits for what was dropped it waits for ever.
    async fn goes_on<T>(
        &self,
        then: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let checked = timeout(self.t.patience(), then).await;
        checked.unwrap_or_else(|_| {
            let (polls, pace) = (self.now, self.pace);
            Err(Failure(format!(
                "an append was dropped after {polls} polls ({pace:?}), and what comes after it is held up"
            )))
        })
    }
}

async fn is_whole_or_not_there(store: &Events, dropped: &Dropped) -> Checked {
    // What was dropped may still be on its way: this one waits behind it, or is refused because of it.
    let last = dropped.commit.streams.last();
    let last = last.map_or("", |part| part.stream.id());
    let beside = store.append(&commit(last, 0, 1)?).await;
    let mut wanted = dropped.whole();
    if beside.is_ok() {
        wanted.fill(0);
        wanted.pop();
        wanted.push(1);
    } else {
        conflict(beside, "an append beside a dropped one")?;
    }
    let heads = dropped.heads(store).await?;
    same!(heads, wanted, "the heads after a dropped append");
    Ok(())
}

async fn can_be_repeated(store: &Events, dropped: &Dropped) -> Checked {
    let again = store.append(&dropped.commit).await;
    let again = again.map_err(|error| {
        Failure(format!(
            "the repetition of a dropped append was refused: {error}"
        ))
    })?;
    if let Some(Ok(first)) = &dropped.answer {
        same!(again.streams, first.streams, "the answer to a repetition");
    }
    let heads = dropped.heads(store).await?;
    same!(
        heads,
        dropped.whole(),
        "the heads after a dropped append and its repetition"
    );
    for part in &dropped.commit.streams {
        let seen = store.read(part.stream.id()).await?;
        let wanted: Vec<_> = part.events.iter().map(|event| event.id).collect();
        same!(ids(&seen), wanted, "the events of {}", part.stream);
    }
    Ok(())
}

/// Follows from `place`; answers where it is then.
async fn hides_nothing(
    store: &Events,
    dropped: &Dropped,
    mut place: Option<Position>,
) -> Result<Option<Position>, Failure> {
    let beside = commit(&format!("beside-{}", dropped.round), 0, 1)?;
    store.append(&beside).await?;
    let mut seen = store.follow(after(place, 100)).await?;
    ensure!(
        seen.iter().any(|event| event.commit_id == beside.id),
        "a reader that follows does not see what was appended after a dropped append"
    );
    store.append(&dropped.commit).await?;
    place = seen.last().map(|event| event.position).or(place);
    seen.extend(store.follow(after(place, 100)).await?);
    let of = |id| seen.iter().filter(|event| event.commit_id == id).count();
    same!(
        (of(beside.id), of(dropped.commit.id), seen.len()),
        (
            1,
            dropped.commit.event_count(),
            dropped.commit.event_count() + 1
        ),
        "the events that a reader saw of an append after a dropped one, of the repetition of that, and at all"
    );
    Ok(seen.last().map(|event| event.position).or(place))
}

pub(crate) async fn a_dropped_append_is_stored_whole_or_not_at_all(t: Trial) -> Checked {
    let mut drops = Drops::new(&t)?;
    while let Some(dropped) = drops.next().await? {
        let checked = is_whole_or_not_there(&drops.store, &dropped);
        drops.goes_on(checked).await?;
    }
    Ok(())
}

pub(crate) async fn a_dropped_append_can_be_repeated(t: Trial) -> Checked {
    let mut drops = Drops::new(&t)?;
    while let Some(dropped) = drops.next().await? {
        let checked = can_be_repeated(&drops.store, &dropped);
        drops.goes_on(checked).await?;
    }
    Ok(())
}

pub(crate) async fn a_dropped_append_hides_nothing_from_readers(t: Trial) -> Checked {
    let (mut drops, mut place) = (Drops::new(&t)?, None);
    while let Some(dropped) = drops.next().await? {
        let checked = hides_nothing(&drops.store, &dropped, place);
        place = drops.goes_on(checked).await?;
    }
    Ok(())
}
