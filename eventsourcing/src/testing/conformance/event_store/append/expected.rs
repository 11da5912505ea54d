//! Expected versions and conflicts.

use uuid::Uuid;

use crate::{store::StreamCommit, testing::conformance::prelude::*};

/// Appending at `expected` to a stream of `head` events must be a conflict that stores nothing.
async fn is_refused(t: &Trial, head: usize, expected: u64) -> Checked {
    let store = t.events()?;
    if head > 0 {
        store.put("1", 0, head).await?;
    }
    let what = format!("an append at version {expected} to a stream of {head} events");
    conflict(store.append(&commit("1", expected, 1)?).await, &what)?;
    same!(store.head("1").await?, head as u64, "the head after {what}");
    same!(
        store.read("1").await?.len(),
        head,
        "the events after {what}"
    );
    Ok(())
}

pub(crate) async fn a_new_stream_begins_at_expected_zero(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 1).await?;
    same!(store.head("1").await?, 1, "the head");
    same!(versions(&store.read("1").await?), [1], "the versions");
    Ok(())
}

pub(crate) async fn an_expected_version_below_the_head_is_refused(t: Trial) -> Checked {
    is_refused(&t, 3, 2).await
}

pub(crate) async fn an_expected_version_above_the_head_is_refused(t: Trial) -> Checked {
    is_refused(&t, 3, 4).await
}

pub(crate) async fn expected_zero_is_refused_once_the_stream_exists(t: Trial) -> Checked {
    is_refused(&t, 1, 0).await
}

pub(crate) async fn a_stream_that_does_not_exist_is_at_zero(t: Trial) -> Checked {
    is_refused(&t, 0, 1).await
}

pub(crate) async fn a_conflict_names_its_stream(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 1).await?;
    store.put("2", 0, 1).await?;
    let (error, ..) = conflict(store.append(&commit("2", 0, 1)?).await, "a second creation")?;
    same!(error.stream(), Some(&stream("2")?), "the conflict's stream");
    Ok(())
}

pub(crate) async fn a_conflict_names_both_versions(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 5).await?;
    for expected in [0, 2, 4, 6, 100] {
        let what = "an append at another version";
        let (_, named, actual) = conflict(store.append(&commit("1", expected, 1)?).await, what)?;
        same!(
            (named, actual),
            (expected, 5),
            "expected and actual version"
        );
    }
    Ok(())
}

pub(crate) async fn a_conflict_of_several_streams_names_the_one_that_differs(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("b", 0, 4).await?;
    let parts = vec![part("a", 0, 1)?, part("b", 3, 1)?, part("c", 0, 1)?];
    let answer = store.append(&commit_of(parts)).await;
    let (error, expected, actual) = conflict(answer, "a commit with one stale stream")?;
    same!(error.stream(), Some(&stream("b")?), "the conflict's stream");
    same!((expected, actual), (3, 4), "expected and actual version");
    Ok(())
}

pub(crate) async fn after_a_conflict_the_right_version_is_accepted(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 2).await?;
    let (_, _, actual) = conflict(store.append(&commit("1", 1, 1)?).await, "a stale append")?;
    store.put("1", actual, 2).await?;
    same!(
        versions(&store.read("1").await?),
        [1, 2, 3, 4],
        "the versions"
    );
    Ok(())
}

pub(crate) async fn streams_have_versions_of_their_own(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 3).await?;
    store.put("2", 0, 1).await?;
    store.put("1", 3, 1).await?;
    store.put("2", 1, 1).await?;
    same!(store.head("1").await?, 4, "the head of 1");
    same!(store.head("2").await?, 2, "the head of 2");
    same!(
        versions(&store.read("2").await?),
        [1, 2],
        "the versions of 2"
    );
    Ok(())
}

pub(crate) async fn the_same_id_in_another_category_is_another_stream(t: Trial) -> Checked {
    let store = t.events()?;
    store.put_in(named("order", "1")?, 0).await?;
    store.put_in(named("order", "1")?, 1).await?;
    store.put_in(named("invoice", "1")?, 0).await?;
    let head = store.store().head(&named("invoice", "1")?).await?;
    same!(head.get(), 1, "the head of invoice/1 beside order/1");
    Ok(())
}

pub(crate) async fn names_that_differ_in_case_only_are_different_streams(t: Trial) -> Checked {
    let store = t.events()?;
    for stream in [
        named("order", "a")?,
        named("order", "A")?,
        named("Order", "a")?,
    ] {
        store.put_in(stream.clone(), 0).await?;
        same!(
            store.store().head(&stream).await?.get(),
            1,
            "the head of {stream}"
        );
    }
    Ok(())
}

pub(crate) async fn each_stream_of_a_commit_has_its_own_expected_version(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("a", 0, 3).await?;
    store.put("b", 0, 1).await?;
    // The versions of the two, swapped.
    let swapped = vec![part("a", 1, 1)?, part("b", 3, 1)?];
    conflict(
        store.append(&commit_of(swapped)).await,
        "swapped expected versions",
    )?;
    let right = vec![part("b", 1, 1)?, part("a", 3, 1)?];
    store.append(&commit_of(right)).await?;
    same!(
        versions(&store.read("a").await?),
        [1, 2, 3, 4],
        "the versions of a"
    );
    same!(
        versions(&store.read("b").await?),
        [1, 2],
        "the versions of b"
    );
    Ok(())
}

/// A commit of one event behind the event of this id.
fn behind(id: &str, expected: u64, after: Option<Uuid>) -> Result<StreamCommit, Failure> {
    Ok(StreamCommit {
        after,
        ..part(id, expected, 1)?
    })
}

pub(crate) async fn an_append_after_the_event_that_is_there_is_stored(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 3).await?;
    for expected in 3..6 {
        let last = store.read("1").await?.last().map(|seen| seen.event.id);
        let commit = commit_of(vec![behind("1", expected, last)?]);
        let answer = store.append(&commit).await;
        ensure!(
            answer.is_ok(),
            "an append after the last event was answered {answer:?}"
        );
    }
    same!(store.head("1").await?, 6, "the head");
    Ok(())
}

pub(crate) async fn an_append_after_another_event_is_refused(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 3).await?;
    let first = store.read("1").await?.first().map(|seen| seen.event.id);
    for other in [first, Some(Uuid::now_v7())] {
        let answer = store.append(&commit_of(vec![behind("1", 3, other)?])).await;
        let (_, expected, actual) = conflict(answer, "an append after another event")?;
        same!((expected, actual), (3, 3), "expected and actual version");
    }
    same!(store.head("1").await?, 3, "the head");
    Ok(())
}

pub(crate) async fn the_event_before_is_compared_in_each_stream(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("a", 0, 1).await?;
    store.put("b", 0, 1).await?;
    let last = store.read("a").await?.last().map(|seen| seen.event.id);
    let parts = vec![behind("a", 1, last)?, behind("b", 1, last)?];
    let answer = store.append(&commit_of(parts)).await;
    let (error, ..) = conflict(answer, "a commit with one stream of another history")?;
    same!(error.stream(), Some(&stream("b")?), "the conflict's stream");
    same!(store.head("a").await?, 1, "the head of the other stream");
    Ok(())
}
