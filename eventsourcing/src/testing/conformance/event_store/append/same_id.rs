//! Commits that look like a stored one, and are none: its id over other events, its events under another id, a part of it.

use uuid::Uuid;

use crate::{store::Commit, testing::conformance::prelude::*};

/// Stores a commit of three events between others, and offers one that looks like it: a conflict that stores nothing.
async fn is_no_repetition(t: &Trial, what: &str, change: impl Fn(&mut Commit)) -> Checked {
    let store = t.events()?;
    for (id, before) in [("1", 0), ("2", 2)] {
        if before > 0 {
            store.put(id, 0, 2).await?;
        }
        let mut one = commit(id, before, 3)?;
        store.append(&one).await?;
        change(&mut one);
        for head in [before + 3, before + 4] {
            conflict(store.append(&one).await, what)?;
            same!(store.head(id).await?, head, "the head after {what}");
            // The second time somebody has gone on.
            if head == before + 3 {
                store.put(id, head, 1).await?;
            }
        }
    }
    Ok(())
}

pub(crate) async fn other_events_under_a_stored_commits_id_are_a_conflict(t: Trial) -> Checked {
    let what = "a stored commit's id over other events";
    is_no_repetition(&t, what, |one| one.streams[0].events = events(3)).await
}

pub(crate) async fn one_other_event_under_a_stored_commits_id_is_a_conflict(t: Trial) -> Checked {
    let what = "a stored commit with another last event";
    is_no_repetition(&t, what, |one| one.streams[0].events[2].id = Uuid::now_v7()).await
}

pub(crate) async fn the_first_events_of_a_stored_commit_are_a_conflict(t: Trial) -> Checked {
    let what = "the first two of a stored commit's three events";
    is_no_repetition(&t, what, |one| one.streams[0].events.truncate(2)).await
}

pub(crate) async fn the_last_events_of_a_stored_commit_are_a_conflict(t: Trial) -> Checked {
    let what = "the last two of a stored commit's three events, at their version";
    is_no_repetition(&t, what, |one| {
        one.streams[0].events.remove(0);
        one.streams[0].expected = (one.streams[0].expected.get() + 1).into();
    })
    .await
}

pub(crate) async fn the_events_of_a_stored_commit_in_another_order_are_a_conflict(
    t: Trial,
) -> Checked {
    let what = "a stored commit's events in another order";
    is_no_repetition(&t, what, |one| one.streams[0].events.swap(0, 1)).await
}

pub(crate) async fn a_commit_stored_in_one_of_its_streams_is_no_repetition(t: Trial) -> Checked {
    let store = t.events()?;
    let mut one = commit("a", 0, 1)?;
    store.append(&one).await?;
    one.streams.push(part("b", 0, 1)?);
    conflict(
        store.append(&one).await,
        "a commit stored in one of its two streams",
    )?;
    same!(store.head("b").await?, 0, "the head of the other stream");
    one.streams.reverse();
    conflict(store.append(&one).await, "the same in the other order")?;
    same!(store.head("b").await?, 0, "the head of the other stream");
    Ok(())
}

pub(crate) async fn a_commit_stored_with_fewer_events_is_no_repetition(t: Trial) -> Checked {
    let store = t.events()?;
    let mut one = commit("1", 0, 2)?;
    store.append(&one).await?;
    one.streams[0].events.extend(events(1));
    conflict(
        store.append(&one).await,
        "a commit of three events of which two are stored",
    )?;
    store.put("1", 2, 1).await?;
    conflict(
        store.append(&one).await,
        "the same, with a stranger at the third version",
    )?;
    same!(store.head("1").await?, 3, "the head");
    Ok(())
}

pub(crate) async fn another_commit_of_the_same_events_is_no_repetition(t: Trial) -> Checked {
    let store = t.events()?;
    let mut one = commit("1", 0, 2)?;
    store.append(&one).await?;
    one.id = Uuid::now_v7();
    conflict(
        store.append(&one).await,
        "the same events under another commit id",
    )?;
    same!(store.head("1").await?, 2, "the head");
    Ok(())
}
