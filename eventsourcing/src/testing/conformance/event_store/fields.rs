//! The checks of `ReadStream::fields`.

use bytes::Bytes;
use uuid::Uuid;

use crate::{
    Timestamp,
    store::{Direction, EventFields, EventPage, ReadStream},
    testing::conformance::prelude::*,
};

/// A stream "1" whose events differ in everything.
async fn mixed(t: &Trial) -> Result<Events, Failure> {
    let store = t.events()?;
    let codecs = ["json", "binary", "json+sealed"];
    for expected in 0..13_u32 {
        store.put("2", u64::from(expected), 1).await?;
        let mut one = commit("1", u64::from(expected), 0)?;
        let mut event = event(format!("{{\"n\":{expected}}}"));
        event.name = format!("Named{}", expected % 4).into();
        event.event_version = expected % 3 + 1;
        event.codec = codecs[expected as usize % 3].into();
        if expected % 2 == 1 {
            event.metadata = Bytes::from(format!("{{\"n\":\"{expected}\"}}"));
        }
        one.streams[0].events.push(event);
        store.append(&one).await?;
    }
    Ok(store)
}

/// What is asked for less than everything.
const LESS: [EventFields; 2] = [EventFields::Identified, EventFields::Folded];

/// This page must hold the first of the events that are `wanted`; what isn't asked for may be left out. Answers the others.
fn begins<'a>(
    page: &EventPage,
    fields: EventFields,
    wanted: &'a [Seen],
    what: &str,
) -> Result<&'a [Seen], Failure> {
    ensure!(
        page.len() <= wanted.len(),
        "a page of {} events where {} are left, {what}",
        page.len(),
        wanted.len()
    );
    let (here, rest) = wanted.split_at(page.len());
    for (place, (event, wanted)) in page.iter().zip(here).enumerate() {
        let mut seen = Seen::from(event);
        let left_out = seen.position.offset() == 0;
        if left_out && seen.position.store() == wanted.position.store() {
            seen.position = wanted.position;
        }
        if seen.commit_id == Uuid::nil() {
            seen.commit_id = wanted.commit_id;
        }
        if seen.event.metadata.is_empty() {
            seen.event.metadata.clone_from(&wanted.event.metadata);
        }
        let is_last = place + 1 == page.len();
        let is_layered = wanted.event.codec.contains('+');
        if fields == EventFields::Folded && !is_last && !is_layered {
            if seen.event.id == Uuid::nil() {
                seen.event.id = wanted.event.id;
            }
            if seen.recorded_at == Timestamp::from_unix_micros(0) {
                seen.recorded_at = wanted.recorded_at;
            }
        }
        same!(seen, *wanted, "an event, {what}");
    }
    Ok(rest)
}

/// Follows the pages of this range: together they must hold these events.
async fn are(store: &Events, mut read: ReadStream, wanted: &[Seen]) -> Checked {
    let what = format!(
        "asked for `EventFields::{:?}` in pages of {}, {:?}",
        read.fields, read.limit, read.direction
    );
    let mut left = wanted;
    loop {
        let page = store.page("1", read.clone()).await?;
        let full = read.limit.min(left.len());
        same!(page.len(), full, "events of a page, {what}");
        left = begins(&page, read.fields, left, &what)?;
        let goes_on = !left.is_empty();
        same!(page.has_more(), goes_on, "`has_more`, {what}");
        let Some(last) = page.last().filter(|_| goes_on) else {
            return Ok(());
        };
        let (from, to) = (*read.versions.start(), *read.versions.end());
        read.versions = match read.direction {
            Direction::Forward => last.version.get() + 1..=to,
            Direction::Backward => from..=last.version.get() - 1,
        };
    }
}

pub(crate) async fn what_is_asked_for_is_all_there(t: Trial) -> Checked {
    let store = mixed(&t).await?;
    let wanted = store.read("1").await?;
    for fields in LESS {
        let of = |range| ReadStream { fields, ..range };
        are(&store, of(range(1..=u64::MAX, 100)), &wanted).await?;
        are(&store, of(range(4..=9, 100)), &wanted[3..9]).await?;
        are(&store, of(range(13..=13, 1)), &wanted[12..]).await?;
        are(&store, of(range(14..=u64::MAX, 100)), &[]).await?;
        let seen = store.read("1").await?;
        same!(seen, wanted, "the events, asked for everything again");
    }
    Ok(())
}

async fn pages_of_every_size(store: &Events, read: ReadStream) -> Checked {
    let wanted = store.pages("1", read.clone().limit(100)).await?;
    for limit in 1..=wanted.len() + 2 {
        for fields in LESS {
            let read = ReadStream {
                limit,
                fields,
                ..read.clone()
            };
            are(store, read, &wanted).await?;
        }
    }
    Ok(())
}

pub(crate) async fn what_is_asked_for_comes_in_pages_of_every_size(t: Trial) -> Checked {
    let store = mixed(&t).await?;
    pages_of_every_size(&store, range(2..=12, 1)).await
}

pub(crate) async fn backwards_what_is_asked_for_comes_in_pages_of_every_size(t: Trial) -> Checked {
    let store = mixed(&t).await?;
    pages_of_every_size(&store, backwards(2..=12, 1)).await
}
