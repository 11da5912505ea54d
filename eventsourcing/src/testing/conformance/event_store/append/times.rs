//! Recorded times, and clocks that go backwards.

use crate::testing::conformance::prelude::*;

const NOON: i64 = 1_700_000_000_000_000;

async fn times(store: &Events, id: &str) -> Result<Vec<i64>, Failure> {
    let seen = store.read(id).await?;
    Ok(seen
        .iter()
        .map(|event| event.recorded_at.unix_micros())
        .collect())
}

pub(crate) async fn recorded_times_are_those_of_the_clock(t: Trial) -> Checked {
    let store = t.events()?;
    for (expected, micros) in [(0, NOON), (1, NOON + 1), (2, NOON + 86_400_000_000)] {
        t.set_clock(micros)?;
        let appended = store.put("1", expected, 1).await?;
        same!(
            entry(&appended)?.recorded_at.unix_micros(),
            micros,
            "the answer's time"
        );
    }
    same!(
        times(&store, "1").await?,
        [NOON, NOON + 1, NOON + 86_400_000_000],
        "the times"
    );
    Ok(())
}

pub(crate) async fn recorded_times_stand_still_when_the_clock_goes_back(t: Trial) -> Checked {
    let store = t.events()?;
    t.set_clock(NOON)?;
    store.put("1", 0, 1).await?;
    t.set_clock(NOON - 5_000_000)?;
    let appended = store.put("1", 1, 2).await?;
    same!(
        entry(&appended)?.recorded_at.unix_micros(),
        NOON,
        "the answer's time"
    );
    same!(times(&store, "1").await?, [NOON; 3], "the times");
    Ok(())
}

pub(crate) async fn a_clock_going_back_holds_up_no_other_stream(t: Trial) -> Checked {
    let store = t.events()?;
    t.set_clock(NOON)?;
    store.put("1", 0, 1).await?;
    t.set_clock(NOON - 5_000_000)?;
    store.put("2", 0, 1).await?;
    same!(
        times(&store, "2").await?,
        [NOON - 5_000_000],
        "the time in another stream"
    );
    Ok(())
}

pub(crate) async fn each_stream_of_a_commit_has_its_own_recorded_time(t: Trial) -> Checked {
    let store = t.events()?;
    t.set_clock(NOON)?;
    store.put("ahead", 0, 1).await?;
    t.set_clock(NOON - 1)?;
    let one = commit_of(vec![part("new", 0, 1)?, part("ahead", 1, 1)?]);
    let appended = store.append(&one).await?;
    let answered = appended
        .streams
        .iter()
        .map(|part| part.recorded_at.unix_micros());
    same!(
        answered.collect::<Vec<_>>(),
        [NOON - 1, NOON],
        "the answer's times"
    );
    same!(
        times(&store, "new").await?,
        [NOON - 1],
        "the time in the new stream"
    );
    same!(
        times(&store, "ahead").await?,
        [NOON, NOON],
        "the times in the stream ahead"
    );
    Ok(())
}

pub(crate) async fn recorded_times_follow_the_clock_forwards_again(t: Trial) -> Checked {
    let store = t.events()?;
    let shown = [NOON, NOON - 10, NOON - 5, NOON + 1, NOON, NOON + 2];
    for (expected, micros) in (0..).zip(shown) {
        t.set_clock(micros)?;
        store.put("1", expected, 1).await?;
    }
    let wanted = [NOON, NOON, NOON, NOON + 1, NOON + 1, NOON + 2];
    same!(
        times(&store, "1").await?,
        wanted,
        "the times under a clock that jumps"
    );
    Ok(())
}

pub(crate) async fn recorded_times_before_1970_are_kept(t: Trial) -> Checked {
    let store = t.events()?;
    t.set_clock(-62_000_000_000_000_001)?;
    store.put("1", 0, 1).await?;
    t.set_clock(-1)?;
    store.put("1", 1, 1).await?;
    same!(
        times(&store, "1").await?,
        [-62_000_000_000_000_001, -1],
        "the times"
    );
    Ok(())
}

pub(crate) async fn recorded_times_do_not_decrease_after_reopening(mut t: Trial) -> Checked {
    t.set_clock(NOON)?;
    t.events()?.put("1", 0, 1).await?;
    t.reopen().await?;
    t.set_clock(NOON - 1_000)?;
    let store = t.events()?;
    store.put("1", 1, 1).await?;
    same!(times(&store, "1").await?, [NOON, NOON], "the times");
    Ok(())
}

pub(crate) async fn recorded_times_never_decrease_among_racing_writers(t: Trial) -> Checked {
    let store = t.events()?;
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let (mut stored, mut tries) = (0, 0);
                while stored < 25 {
                    tries += 1;
                    ensure!(
                        tries < 10_000,
                        "a writer is still refused after {tries} tries"
                    );
                    let head = store.head("1").await?;
                    stored += u32::from(store.append(&commit("1", head, 1)?).await.is_ok());
                    tokio::task::yield_now().await;
                }
                Ok::<_, Failure>(())
            })
        })
        .collect();
    for writer in writers {
        joined(writer).await??;
    }
    let times = times(&store, "1").await?;
    same!(times.len(), 100, "the events");
    ensure!(
        times.is_sorted(),
        "recorded times decrease within a stream: {times:?}"
    );
    Ok(())
}

pub(crate) async fn a_commit_has_one_recorded_time_within_a_stream(t: Trial) -> Checked {
    let store = t.events()?;
    let appended = store.put("1", 0, 50).await?;
    let wanted = entry(&appended)?.recorded_at.unix_micros();
    let times = times(&store, "1").await?;
    same!(times.len(), 50, "the events");
    let differ = times.iter().any(|time| *time != wanted);
    ensure!(
        !differ,
        "times of one commit differ from the answer's {wanted}: {times:?}"
    );
    Ok(())
}
