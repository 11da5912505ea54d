//! The checks of `EventStore::read_stream`.

use std::ops::RangeInclusive;

pub(crate) use super::fields::{
    backwards_what_is_asked_for_comes_in_pages_of_every_size,
    what_is_asked_for_comes_in_pages_of_every_size, what_is_asked_for_is_all_there,
};
use crate::{
    Version,
    store::{Direction, EventFields, ReadStream},
    testing::conformance::prelude::*,
};

/// A stream "1" of so many events, in commits of three, with others around it.
async fn of(t: &Trial, events: u64) -> Result<Events, Failure> {
    let store = t.events()?;
    store.put("0", 0, 4).await?;
    let mut head = 0;
    while head < events {
        let count = (events - head).min(3);
        store
            .put("1", head, usize::try_from(count).unwrap_or(1))
            .await?;
        store.put("2", head / 3, 1).await?;
        head += count;
    }
    Ok(store)
}

/// One page of "1" must be these versions, with more behind it or not.
async fn shows(store: &Events, read: ReadStream, wanted: &[u64], more: bool) -> Checked {
    let what = format!("the versions (and `has_more`) of {read:?}");
    let seen = store.seen("1", read).await?;
    same!(seen, (wanted.to_vec(), more), "{what}");
    Ok(())
}

pub(crate) async fn forwards_from_the_first(t: Trial) -> Checked {
    let store = of(&t, 5).await?;
    shows(&store, range(1..=5, 100), &[1, 2, 3, 4, 5], false).await?;
    shows(
        &store,
        ReadStream::from(Version::from(3)),
        &[3, 4, 5],
        false,
    )
    .await
}

pub(crate) async fn backwards_from_the_last(t: Trial) -> Checked {
    let store = of(&t, 5).await?;
    shows(&store, backwards(1..=5, 100), &[5, 4, 3, 2, 1], false).await?;
    shows(&store, backwards(2..=4, 100), &[4, 3, 2], false).await
}

pub(crate) async fn every_range_of_a_short_stream(t: Trial) -> Checked {
    let store = of(&t, 6).await?;
    for from in 0..=8_u64 {
        for to in from..=8 {
            let mut wanted: Vec<_> = (from.max(1)..=to.min(6)).collect();
            shows(&store, range(from..=to, 100), &wanted, false).await?;
            wanted.reverse();
            shows(&store, backwards(from..=to, 100), &wanted, false).await?;
        }
    }
    Ok(())
}

pub(crate) async fn a_range_from_zero_begins_at_one(t: Trial) -> Checked {
    let store = of(&t, 3).await?;
    shows(&store, range(0..=2, 100), &[1, 2], false).await?;
    shows(&store, range(0..=2, 2), &[1, 2], false).await?;
    shows(&store, range(0..=0, 100), &[], false).await?;
    shows(&store, backwards(0..=2, 2), &[2, 1], false).await
}

pub(crate) async fn a_range_beyond_the_head_ends_at_the_head(t: Trial) -> Checked {
    let store = of(&t, 3).await?;
    for end in [4, 1_000, Version::MAX.get(), u64::MAX] {
        shows(&store, range(2..=end, 100), &[2, 3], false).await?;
        shows(&store, backwards(2..=end, 100), &[3, 2], false).await?;
    }
    Ok(())
}

pub(crate) async fn a_range_behind_the_head_is_empty(t: Trial) -> Checked {
    let store = of(&t, 3).await?;
    let max = Version::MAX.get();
    for range_behind in [4..=4, 4..=9, 4..=u64::MAX, max..=max, u64::MAX..=u64::MAX] {
        shows(&store, range(range_behind.clone(), 100), &[], false).await?;
        shows(&store, backwards(range_behind, 100), &[], false).await?;
    }
    Ok(())
}

pub(crate) async fn an_inverted_range_is_empty(t: Trial) -> Checked {
    let store = of(&t, 6).await?;
    for (from, to) in [(5, 3), (2, 1), (1, 0), (u64::MAX, 0), (7, 6)] {
        let inverted = RangeInclusive::new(from, to);
        shows(&store, range(inverted.clone(), 100), &[], false).await?;
        shows(&store, backwards(inverted, 100), &[], false).await?;
    }
    Ok(())
}

pub(crate) async fn the_widest_range_is_the_whole_stream(t: Trial) -> Checked {
    let store = of(&t, 4).await?;
    shows(&store, range(0..=u64::MAX, 100), &[1, 2, 3, 4], false).await?;
    shows(&store, backwards(0..=u64::MAX, 100), &[4, 3, 2, 1], false).await
}

pub(crate) async fn the_last_event(t: Trial) -> Checked {
    let store = of(&t, 7).await?;
    shows(&store, ReadStream::last(), &[7], true).await?;
    let single = store.page("2", ReadStream::last()).await?;
    same!(single.len(), 1, "the last events of another stream");
    store.put("single", 0, 1).await?;
    same!(
        store.seen("single", ReadStream::last()).await?,
        (vec![1], false),
        "the only event"
    );
    Ok(())
}

pub(crate) async fn versions_are_contiguous_over_many_commits(t: Trial) -> Checked {
    let store = of(&t, 100).await?;
    let seen = store.read("1").await?;
    same!(
        versions(&seen),
        (1..=100).collect::<Vec<_>>(),
        "the versions of 34 commits"
    );
    Ok(())
}

pub(crate) async fn streams_with_similar_ids_stay_apart(t: Trial) -> Checked {
    let store = t.events()?;
    let ids = ["1", "10", "1/0", "1 ", "11", "%", "1%", "_"];
    for (count, id) in (1..).zip(ids) {
        store.put(id, 0, count).await?;
    }
    for (count, id) in (1..).zip(ids) {
        let seen = store.read(id).await?;
        same!(seen.len(), count, "the events of the stream {id:?}");
        let name = format!("order/{id}");
        let strangers = seen.iter().filter(|event| event.stream != name).count();
        same!(strangers, 0, "events of other streams in {name:?}");
    }
    Ok(())
}

pub(crate) async fn a_page_of_exactly_the_limit_is_the_last(t: Trial) -> Checked {
    let store = of(&t, 10).await?;
    let all: Vec<_> = (1..=10).collect();
    shows(&store, range(1..=10, 10), &all, false).await?;
    shows(&store, range(1..=u64::MAX, 10), &all, false).await?;
    shows(&store, range(8..=10, 3), &[8, 9, 10], false).await
}

pub(crate) async fn a_page_of_one_less_than_there_is_has_more(t: Trial) -> Checked {
    let store = of(&t, 10).await?;
    let most: Vec<_> = (1..=9).collect();
    shows(&store, range(1..=10, 9), &most, true).await?;
    shows(&store, range(1..=u64::MAX, 9), &most, true).await
}

pub(crate) async fn a_page_of_one_more_than_there_is_is_the_last(t: Trial) -> Checked {
    let store = of(&t, 10).await?;
    let all: Vec<_> = (1..=10).collect();
    shows(&store, range(1..=10, 11), &all, false).await?;
    shows(&store, range(1..=u64::MAX, 11), &all, false).await
}

pub(crate) async fn pages_of_one_event(t: Trial) -> Checked {
    let store = of(&t, 3).await?;
    shows(&store, range(1..=3, 1), &[1], true).await?;
    shows(&store, range(2..=3, 1), &[2], true).await?;
    shows(&store, range(3..=3, 1), &[3], false).await?;
    shows(&store, range(3..=9, 1), &[3], false).await
}

async fn pages_of_every_size(store: &Events, direction: Direction, wanted: &[u64]) -> Checked {
    for limit in 1..=wanted.len() + 2 {
        let read = ReadStream {
            versions: 1..=u64::MAX,
            direction,
            limit,
            fields: EventFields::All,
        };
        let seen = store.pages("1", read).await?;
        same!(
            versions(&seen),
            wanted,
            "the versions in pages of {limit}, {direction:?}"
        );
    }
    Ok(())
}

pub(crate) async fn pages_of_every_size_show_the_same(t: Trial) -> Checked {
    let store = of(&t, 13).await?;
    pages_of_every_size(&store, Direction::Forward, &(1..=13).collect::<Vec<_>>()).await
}

pub(crate) async fn backwards_pages_of_every_size_show_the_same(t: Trial) -> Checked {
    let store = of(&t, 13).await?;
    pages_of_every_size(
        &store,
        Direction::Backward,
        &(1..=13).rev().collect::<Vec<_>>(),
    )
    .await
}

pub(crate) async fn backwards_page_borders(t: Trial) -> Checked {
    let store = of(&t, 5).await?;
    shows(&store, backwards(1..=5, 4), &[5, 4, 3, 2], true).await?;
    shows(&store, backwards(1..=5, 5), &[5, 4, 3, 2, 1], false).await?;
    shows(&store, backwards(2..=4, 3), &[4, 3, 2], false).await?;
    shows(&store, backwards(2..=4, 2), &[4, 3], true).await?;
    shows(&store, backwards(1..=1, 1), &[1], false).await
}

pub(crate) async fn a_limit_of_zero_counts_as_one(t: Trial) -> Checked {
    let store = of(&t, 2).await?;
    shows(&store, range(1..=2, 0), &[1], true).await?;
    shows(&store, range(2..=2, 0), &[2], false).await?;
    shows(&store, backwards(1..=2, 0), &[2], true).await?;
    shows(&store, range(3..=4, 0), &[], false).await
}

pub(crate) async fn the_highest_limit(t: Trial) -> Checked {
    let store = of(&t, 4).await?;
    shows(&store, range(1..=4, usize::MAX), &[1, 2, 3, 4], false).await?;
    shows(&store, backwards(1..=4, usize::MAX), &[4, 3, 2, 1], false).await
}

pub(crate) async fn the_end_of_the_range_is_the_end_though_the_stream_goes_on(t: Trial) -> Checked {
    let store = of(&t, 10).await?;
    shows(&store, range(1..=5, 5), &[1, 2, 3, 4, 5], false).await?;
    shows(&store, range(1..=5, 6), &[1, 2, 3, 4, 5], false).await?;
    shows(&store, backwards(6..=10, 5), &[10, 9, 8, 7, 6], false).await
}

pub(crate) async fn large_payloads_come_in_pages(t: Trial) -> Checked {
    let store = t.events()?;
    for expected in 0..12 {
        let mut one = commit("1", expected, 1)?;
        let payload = format!("\"{}\"", "x".repeat(400_000));
        one.streams[0].events = vec![event(payload)];
        store.append(&one).await?;
    }
    let wanted: Vec<_> = (1..=12).collect();
    let seen = store.pages("1", range(1..=12, 12)).await?;
    same!(
        versions(&seen),
        wanted,
        "the versions of twelve large events"
    );
    let seen = store.pages("1", backwards(1..=12, 12)).await?;
    let wanted: Vec<_> = wanted.into_iter().rev().collect();
    same!(
        versions(&seen),
        wanted,
        "the versions of twelve large events, backwards"
    );
    Ok(())
}

pub(crate) async fn an_event_larger_than_any_page_comes(t: Trial) -> Checked {
    let store = t.events()?;
    let large = || event(format!("\"{}\"", "x".repeat(3_000_000)));
    let mut one = commit("1", 0, 0)?;
    one.streams[0].events = vec![event("1"), large(), event("3"), large()];
    store.append(&one).await?;
    for version in 1..=4 {
        let (seen, _) = store.seen("1", range(version..=4, 1)).await?;
        same!(
            seen,
            [version],
            "the page of one event at version {version}"
        );
    }
    same!(
        versions(&store.read("1").await?),
        [1, 2, 3, 4],
        "the versions"
    );
    Ok(())
}

pub(crate) async fn an_unknown_stream_is_an_empty_page(t: Trial) -> Checked {
    let store = of(&t, 3).await?;
    let page = store
        .seen("unknown", ReadStream::from(Version::from(1)))
        .await?;
    same!(
        page,
        (Vec::new(), false),
        "the page (and `has_more`) of an unknown stream"
    );
    Ok(())
}

pub(crate) async fn an_unknown_stream_backwards_is_an_empty_page(t: Trial) -> Checked {
    let store = of(&t, 3).await?;
    let page = store.seen("unknown", ReadStream::last()).await?;
    same!(
        page,
        (Vec::new(), false),
        "the page (and `has_more`) of an unknown stream"
    );
    Ok(())
}

pub(crate) async fn a_stream_whose_only_commit_was_refused_is_an_empty_page(t: Trial) -> Checked {
    let store = t.events()?;
    refused(
        store.append(&commit("1", 1, 1)?).await,
        "an append to a stream that isn't there",
    )?;
    let page = store.seen("1", range(0..=u64::MAX, 9)).await?;
    same!(
        page,
        (Vec::new(), false),
        "the page (and `has_more`) of a stream never stored"
    );
    Ok(())
}

pub(crate) async fn each_event_has_the_id_of_its_commit(t: Trial) -> Checked {
    let store = t.events()?;
    let mut wanted = Vec::new();
    for (expected, count) in [(0, 2), (2, 1), (3, 3)] {
        let one = commit("1", expected, count)?;
        store.append(&one).await?;
        wanted.extend(std::iter::repeat_n(one.id, count));
    }
    let seen = store.read("1").await?;
    let read: Vec<_> = seen.iter().map(|event| event.commit_id).collect();
    same!(read, wanted, "the commit ids in the stream");
    Ok(())
}

pub(crate) async fn positions_and_times_are_those_of_the_answer(t: Trial) -> Checked {
    let store = t.events()?;
    let mut wanted = Vec::new();
    for expected in [0, 2, 4] {
        for entry in store.put("1", expected, 2).await?.streams {
            let time = entry.recorded_at;
            wanted.extend(entry.positions.into_iter().map(|position| (position, time)));
        }
    }
    let seen = store.read("1").await?;
    let read: Vec<_> = seen
        .iter()
        .map(|event| (event.position, event.recorded_at))
        .collect();
    same!(read, wanted, "positions and times in the stream");
    Ok(())
}

pub(crate) async fn read_stream_and_read_all_show_the_same(t: Trial) -> Checked {
    let store = of(&t, 10).await?;
    let all = store.all().await?;
    for id in ["0", "1", "2"] {
        let name = format!("order/{id}");
        let of_all: Vec<_> = all
            .iter()
            .filter(|event| event.stream == name)
            .cloned()
            .collect();
        same!(
            of_all,
            store.read(id).await?,
            "the events of {name} in read_all"
        );
    }
    Ok(())
}

pub(crate) async fn appends_go_on_between_two_pages(t: Trial) -> Checked {
    let store = of(&t, 6).await?;
    let mut seen = Vec::new();
    for from in 1..=9 {
        let page = store.page("1", range(from..=9, 1)).await?;
        seen.extend(page.iter().map(|event| event.version.get()));
        if from <= 3 {
            store.put("1", 5 + from, 1).await?;
        }
    }
    same!(
        seen,
        (1..=9).collect::<Vec<_>>(),
        "the versions read while three were appended"
    );
    Ok(())
}

pub(crate) async fn hundreds_of_unfinished_readers_hold_nothing_up(t: Trial) -> Checked {
    let store = of(&t, 6).await?;
    let mut pages = Vec::new();
    for _ in 0..300 {
        pages.push(store.page("1", range(1..=6, 1)).await?);
        pages.push(
            store
                .page_of_all(&crate::store::ReadAll {
                    limit: 1,
                    ..Default::default()
                })
                .await?,
        );
    }
    store.put("1", 6, 1).await?;
    let unfinished = pages.iter().filter(|page| page.has_more()).count();
    same!(unfinished, 600, "unfinished readers");
    same!(store.head("1").await?, 7, "the head");
    Ok(())
}

pub(crate) async fn pages_of_thousands(t: Trial) -> Checked {
    const EVENTS: u64 = 2_500;
    let store = t.events()?;
    let count = usize::try_from(EVENTS).unwrap_or(usize::MAX);
    store.fill(&stream("1")?, count, t.most_events()).await?;
    for limit in [2_000, count - 1, count, usize::MAX] {
        for direction in [Direction::Forward, Direction::Backward] {
            let mut seen = Vec::new();
            loop {
                let read = ReadStream {
                    versions: match (direction, seen.last()) {
                        (_, None) => 1..=Version::MAX.get(),
                        (Direction::Forward, Some(last)) => last + 1..=Version::MAX.get(),
                        (Direction::Backward, Some(last)) => 1..=last - 1,
                    },
                    direction,
                    limit,
                    fields: EventFields::All,
                };
                let (page, more) = store.seen("1", read).await?;
                let empty = page.is_empty();
                seen.extend(page);
                same!(
                    (more, empty),
                    (seen.len() < count, false),
                    "`has_more`, and whether the page is empty, after {} of {EVENTS} events, {direction:?}, limit {limit}",
                    seen.len()
                );
                if !more {
                    break;
                }
            }
            if direction == Direction::Backward {
                seen.reverse();
            }
            ensure!(
                seen.into_iter().eq(1..=EVENTS),
                "the {EVENTS} versions are others, {direction:?}, limit {limit}"
            );
        }
    }
    Ok(())
}
