//! The same commit again: what a caller sends whose acknowledgement was lost.

use uuid::Uuid;

use crate::{
    store::{Appended, Commit},
    testing::conformance::{prelude::*, report::short},
};

/// Appends again, and wants the first answer with `repeated` set.
async fn again(store: &Events, one: &Commit, first: &Appended) -> Checked {
    let again = store.append(one).await?;
    ensure!(
        again.repeated,
        "the repetition was not recognised: `repeated` is not set"
    );
    ensure!(
        again.streams == first.streams,
        "the repetition got another answer than the first time: {}, not {}",
        short(&again.streams),
        short(&first.streams)
    );
    Ok(())
}

pub(crate) async fn a_first_append_is_no_repetition(t: Trial) -> Checked {
    let store = t.events()?;
    for expected in 0..3 {
        let appended = store.put("1", expected, 1).await?;
        ensure!(
            !appended.repeated,
            "a first append is answered as a repetition"
        );
    }
    Ok(())
}

pub(crate) async fn a_repeated_commit_gets_the_first_answer(t: Trial) -> Checked {
    let store = t.events()?;
    for (expected, count) in [(0, 1), (1, 3), (4, 2)] {
        let one = commit("1", expected, count)?;
        let first = store.append(&one).await?;
        again(&store, &one, &first).await?;
        again(&store, &one, &first).await?;
    }
    Ok(())
}

pub(crate) async fn a_repeated_commit_stores_nothing(t: Trial) -> Checked {
    let store = t.events()?;
    let one = commit("1", 0, 3)?;
    store.append(&one).await?;
    let before = store.all().await?;
    store.append(&one).await?;
    same!(store.head("1").await?, 3, "the head after a repetition");
    same!(store.all().await?, before, "the events after a repetition");
    Ok(())
}

pub(crate) async fn a_repetition_is_known_after_others_went_on(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 1).await?;
    let one = commit("1", 1, 2)?;
    let first = store.append(&one).await?;
    store.put("1", 3, 1).await?;
    store.put("1", 4, 5).await?;
    again(&store, &one, &first).await?;
    same!(store.head("1").await?, 9, "the head");
    Ok(())
}

pub(crate) async fn a_repetition_of_several_streams_gets_the_first_answer(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("a", 0, 2).await?;
    let one = commit_of(vec![part("a", 2, 2)?, part("b", 0, 3)?]);
    let first = store.append(&one).await?;
    again(&store, &one, &first).await?;
    store.put("b", 3, 1).await?;
    again(&store, &one, &first).await?;
    same!(store.head("a").await?, 4, "the head of a");
    same!(store.head("b").await?, 4, "the head of b");
    Ok(())
}

pub(crate) async fn a_commit_id_used_on_another_stream_is_stored(t: Trial) -> Checked {
    let store = t.events()?;
    let one = commit("1", 0, 1)?;
    store.append(&one).await?;
    let mut other = commit("2", 0, 2)?;
    other.id = one.id;
    let appended = store.append(&other).await?;
    ensure!(
        !appended.repeated,
        "a commit to another stream is answered as a repetition"
    );
    same!(store.head("2").await?, 2, "the head of the other stream");
    Ok(())
}

pub(crate) async fn a_commit_id_used_again_at_a_later_version_is_stored(t: Trial) -> Checked {
    let store = t.events()?;
    let one = commit("1", 0, 1)?;
    store.append(&one).await?;
    let mut later = commit("1", 1, 1)?;
    later.id = one.id;
    let appended = store.append(&later).await?;
    ensure!(
        !appended.repeated,
        "a commit at a later version is answered as a repetition"
    );
    same!(store.head("1").await?, 2, "the head");
    Ok(())
}

pub(crate) async fn a_commit_id_used_at_another_expected_version_is_a_conflict(
    t: Trial,
) -> Checked {
    let store = t.events()?;
    let mut one = commit("1", 0, 1)?;
    store.append(&one).await?;
    store.put("1", 1, 2).await?;
    for expected in [1, 2] {
        one.streams[0].expected = expected.into();
        conflict(
            store.append(&one).await,
            "a stored commit at another expected version",
        )?;
    }
    same!(store.head("1").await?, 3, "the head");
    Ok(())
}

pub(crate) async fn many_repetitions_at_once_store_one(t: Trial) -> Checked {
    let store = t.events()?;
    for round in t.rounds(1_000) {
        let one = commit(&round.to_string(), 0, 2)?;
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (store, one) = (store.clone(), one.clone());
                tokio::spawn(async move { store.append(&one).await })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(joined(task).await??);
        }
        let first = answers.iter().filter(|answer| !answer.repeated).count();
        same!(
            first,
            1,
            "answers without `repeated`, of 20 to one commit at once"
        );
        let differ = answers
            .iter()
            .any(|answer| answer.streams != answers[0].streams);
        ensure!(!differ, "repetitions at once got different answers");
        same!(store.head(&round.to_string()).await?, 2, "the head");
    }
    Ok(())
}

pub(crate) async fn a_repetition_through_another_handle_gets_the_first_answer(t: Trial) -> Checked {
    let (store, other) = (t.events()?, t.second().await?);
    let other = other.events()?;
    let one = commit("1", 0, 2)?;
    let first = store.append(&one).await?;
    again(&other, &one, &first).await?;
    same!(store.head("1").await?, 2, "the head");
    Ok(())
}

pub(crate) async fn a_repetition_after_reopening_gets_the_first_answer(mut t: Trial) -> Checked {
    let one = commit("1", 0, 2)?;
    let first = t.events()?.append(&one).await?;
    t.reopen().await?;
    again(&t.events()?, &one, &first).await
}

pub(crate) async fn a_refused_commit_can_be_sent_again_with_the_right_version(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 1).await?;
    let mut one = commit("1", 0, 2)?;
    conflict(store.append(&one).await, "a stale commit")?;
    one.streams[0].expected = 1.into();
    let appended = store.append(&one).await?;
    ensure!(
        !appended.repeated,
        "a commit that was refused before is answered as a repetition"
    );
    same!(store.head("1").await?, 3, "the head");
    Ok(())
}

pub(crate) async fn a_repetition_of_ten_thousand_events_gets_the_first_answer(t: Trial) -> Checked {
    let store = t.events()?;
    let one = commit("1", 0, LARGE_COMMIT)?;
    let first = store.append(&one).await?;
    let repeated = store.append(&one).await?;
    ensure!(repeated.repeated, "the repetition was not recognised");
    ensure!(
        repeated.streams == first.streams,
        "the repetition got another answer"
    );
    same!(store.head("1").await?, LARGE_COMMIT as u64, "the head");
    Ok(())
}

pub(crate) async fn a_repetition_keeps_the_first_recorded_time(t: Trial) -> Checked {
    let store = t.events()?;
    t.set_clock(1_000_000)?;
    let one = commit("1", 0, 1)?;
    let answer = store.append(&one).await?;
    t.set_clock(9_000_000)?;
    again(&store, &one, &answer).await?;
    let seen = store.read("1").await?;
    same!(
        first(&seen, "the events in the stream")?
            .recorded_at
            .unix_micros(),
        1_000_000,
        "the recorded time"
    );
    Ok(())
}

pub(crate) async fn a_repetition_is_known_whatever_it_says_of_the_event_before(
    t: Trial,
) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 2).await?;
    let mut one = commit("1", 2, 2)?;
    let answer = store.append(&one).await?;
    for after in [Uuid::now_v7(), Uuid::nil()] {
        one.streams[0].after = Some(after);
        again(&store, &one, &answer).await?;
    }
    store.put("1", 4, 1).await?;
    again(&store, &one, &answer).await?;
    same!(store.head("1").await?, 5, "the head");
    Ok(())
}

pub(crate) async fn a_repetition_is_known_after_others_went_on_where_it_has_no_events(
    t: Trial,
) -> Checked {
    let store = t.events()?;
    store.put("b", 0, 2).await?;
    let one = commit_of(vec![part("a", 0, 1)?, part("b", 2, 0)?]);
    let answer = store.append(&one).await?;
    store.put("b", 2, 3).await?;
    let repeated = store.append(&one).await?;
    ensure!(
        repeated.repeated,
        "the repetition was not recognised: `repeated` is not set"
    );
    same!(
        entry(&repeated)?,
        entry(&answer)?,
        "the entry of the stream with events"
    );
    same!(store.head("a").await?, 1, "the head");
    Ok(())
}

pub(crate) async fn a_repetition_is_known_after_thousands_of_others(t: Trial) -> Checked {
    let store = t.events()?;
    let (alone, among) = (commit("alone", 0, 2)?, commit("among", 0, 2)?);
    let answers = [store.append(&alone).await?, store.append(&among).await?];
    for round in t.times(2_000) {
        let (id, expected) = if round % 2 == 0 {
            ("among", 2 + round / 2)
        } else {
            ("beside", round / 2)
        };
        store.put(id, expected, 1).await?;
    }
    again(&store, &alone, &answers[0]).await?;
    again(&store, &among, &answers[1]).await?;
    same!(store.head("alone").await?, 2, "the head");
    Ok(())
}

/// A commit to three streams of which each has another time, and its answer.
async fn of_several_times(t: &Trial, store: &Events) -> Result<(Commit, Appended), Failure> {
    for (id, micros) in [("a", 3_000_000), ("b", 9_000_000), ("c", 6_000_000)] {
        t.set_clock(micros)?;
        store.put(id, 0, 1).await?;
    }
    t.set_clock(1_000_000)?;
    let one = commit_of(vec![part("a", 1, 2)?, part("b", 1, 1)?, part("c", 1, 3)?]);
    let answer = store.append(&one).await?;
    t.set_clock(20_000_000)?;
    Ok((one, answer))
}

pub(crate) async fn a_repetition_has_the_time_of_each_stream(t: Trial) -> Checked {
    let store = t.events()?;
    let (one, answer) = of_several_times(&t, &store).await?;
    let times = answer
        .streams
        .iter()
        .map(|part| part.recorded_at.unix_micros());
    same!(
        times.collect::<Vec<_>>(),
        [3_000_000, 9_000_000, 6_000_000],
        "the times of the streams"
    );
    again(&store, &one, &answer).await
}

pub(crate) async fn a_repetition_may_name_its_streams_in_another_order(t: Trial) -> Checked {
    let store = t.events()?;
    let (mut one, mut answer) = of_several_times(&t, &store).await?;
    for (left, right) in [(0, 1), (1, 2), (0, 2)] {
        one.streams.swap(left, right);
        answer.streams.swap(left, right);
        again(&store, &one, &answer).await?;
    }
    store.put("b", 2, 1).await?;
    again(&store, &one, &answer).await
}
