//! Commits without events, and parts without events beside others.

use uuid::Uuid;

use crate::{Version, store::StreamCommit, testing::conformance::prelude::*};

pub(crate) async fn a_commit_without_streams_is_no_error(t: Trial) -> Checked {
    let store = t.events()?;
    let appended = store.append(&commit_of(Vec::new())).await?;
    same!(appended.streams.len(), 0, "the streams in the answer");
    ensure!(!appended.repeated, "it is answered as a repetition");
    same!(store.all().await?.len(), 0, "the events in the store");
    Ok(())
}

pub(crate) async fn a_commit_without_events_is_no_error(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 1).await?;
    let appended = store.append(&commit("1", 1, 0)?).await?;
    let positions: Vec<_> = appended
        .streams
        .iter()
        .map(|part| part.positions.len())
        .collect();
    same!(positions, [0], "the positions of each stream in the answer");
    same!(store.head("1").await?, 1, "the head");
    Ok(())
}

pub(crate) async fn a_commit_without_events_checks_no_version(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 3).await?;
    for expected in [0, 2, 3, 9] {
        store.append(&commit("1", expected, 0)?).await?;
        store.append(&commit("none", expected, 0)?).await?;
    }
    same!(store.head("1").await?, 3, "the head");
    Ok(())
}

pub(crate) async fn a_commit_without_events_makes_no_stream(t: Trial) -> Checked {
    let store = t.events()?;
    store.append(&commit("1", 0, 0)?).await?;
    same!(store.head("1").await?, 0, "the head");
    same!(store.read("1").await?.len(), 0, "the events in the stream");
    same!(store.all().await?.len(), 0, "the events in the store");
    store.put("1", 0, 1).await?;
    Ok(())
}

pub(crate) async fn a_part_without_events_has_its_version_checked(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("b", 0, 2).await?;
    for wrong in [0, 1, 3] {
        let parts = vec![part("a", 0, 1)?, part("b", wrong, 0)?];
        let what = "a part without events at a wrong version";
        let (error, expected, actual) = conflict(store.append(&commit_of(parts)).await, what)?;
        same!(error.stream(), Some(&stream("b")?), "the conflict's stream");
        same!(
            (expected, actual),
            (wrong, 2),
            "expected and actual version"
        );
    }
    same!(store.head("a").await?, 0, "the head of the other stream");
    store
        .append(&commit_of(vec![part("a", 0, 1)?, part("b", 2, 0)?]))
        .await?;
    same!(store.head("a").await?, 1, "the head of the other stream");
    same!(
        store.head("b").await?,
        2,
        "the head of the stream without new events"
    );
    Ok(())
}

pub(crate) async fn a_part_without_events_is_answered_without_positions(t: Trial) -> Checked {
    let store = t.events()?;
    let parts = vec![part("a", 0, 1)?, part("none", 0, 0)?, part("c", 0, 2)?];
    let one = commit_of(parts);
    for _ in 0..2 {
        let appended = store.append(&one).await?;
        let counts = appended.streams.iter().map(|part| part.positions.len());
        same!(
            counts.collect::<Vec<_>>(),
            [1, 0, 2],
            "the positions of each stream"
        );
    }
    same!(
        store.head("none").await?,
        0,
        "the head of the stream without events"
    );
    Ok(())
}

/// A part without events behind the event of this id.
fn nothing_behind(id: &str, expected: u64, after: Uuid) -> Result<StreamCommit, Failure> {
    Ok(StreamCommit {
        after: Some(after),
        ..part(id, expected, 0)?
    })
}

pub(crate) async fn a_commit_without_events_compares_no_event_before(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 2).await?;
    for expected in [0, 2, 7, Version::MAX.get(), u64::MAX] {
        let nothing = nothing_behind("1", expected, Uuid::now_v7())?;
        let answer = store.append(&commit_of(vec![nothing])).await;
        ensure!(
            answer.is_ok(),
            "a commit without events after an event that isn't there, at {expected}, was answered {answer:?}"
        );
    }
    same!(store.head("1").await?, 2, "the head");
    Ok(())
}

pub(crate) async fn a_commit_without_events_to_many_streams_is_no_error(t: Trial) -> Checked {
    let store = t.events()?;
    let parts = (0..20).map(|n| part(&n.to_string(), n, 0));
    let nothing = commit_of(parts.collect::<Result<_, _>>()?);
    let appended = store.append(&nothing).await?;
    same!(appended.streams.len(), 20, "the entries in the answer");
    ensure!(!appended.repeated, "it is answered as a repetition");
    Ok(())
}

pub(crate) async fn a_part_without_events_has_its_event_before_checked(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("b", 0, 2).await?;
    let seen = store.read("b").await?;
    let [one, last] = &ids(&seen)[..] else {
        return Err(Failure(
            "the stream has not the 2 events that were stored".to_owned(),
        ));
    };
    let what = "a part without events after another event";
    let parts = vec![part("a", 0, 1)?, nothing_behind("b", 2, *one)?];
    let (error, expected, actual) = conflict(store.append(&commit_of(parts)).await, what)?;
    same!(error.stream(), Some(&stream("b")?), "the conflict's stream");
    same!((expected, actual), (2, 2), "expected and actual version");
    same!(store.head("a").await?, 0, "the head of the other stream");
    let parts = vec![part("a", 0, 1)?, nothing_behind("b", 2, *last)?];
    store.append(&commit_of(parts)).await?;
    same!(store.head("a").await?, 1, "the head of the other stream");
    Ok(())
}

pub(crate) async fn a_part_without_events_has_the_time_of_the_answer(t: Trial) -> Checked {
    let store = t.events()?;
    t.set_clock(9_000_000)?;
    store.put("b", 0, 1).await?;
    let one = commit_of(vec![part("a", 0, 1)?, part("b", 1, 0)?]);
    // The first answer, and that to a repetition.
    for now in [1_000_000, 2_000_000] {
        t.set_clock(now)?;
        let appended = store.append(&one).await?;
        let times = appended.streams.iter();
        let times: Vec<_> = times.map(|part| part.recorded_at.unix_micros()).collect();
        same!(times, [1_000_000, now], "the times of the parts");
    }
    Ok(())
}

pub(crate) async fn a_commit_without_events_has_the_time_of_the_answer(t: Trial) -> Checked {
    let store = t.events()?;
    t.set_clock(9_000_000)?;
    store.put("1", 0, 1).await?;
    t.set_clock(1_000_000)?;
    let appended = store.append(&commit("1", 1, 0)?).await?;
    same!(
        entry(&appended)?.recorded_at.unix_micros(),
        1_000_000,
        "the time of the answer"
    );
    Ok(())
}
