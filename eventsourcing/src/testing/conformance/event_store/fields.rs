//! The checks of `ReadStream::fields`.

use bytes::Bytes;
use uuid::Uuid;

use crate::{
    store::{EventFields, ReadStream},
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

/// These events must be those that are `wanted`; what isn't asked for may be left out.
fn are(seen: Vec<Seen>, wanted: &[Seen], what: &str) -> Checked {
    same!(seen.len(), wanted.len(), "events, {what}");
    for (mut seen, wanted) in seen.into_iter().zip(wanted) {
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
        same!(seen, *wanted, "an event, {what}");
    }
    Ok(())
}

pub(crate) async fn what_is_folded_is_all_there(t: Trial) -> Checked {
    let store = mixed(&t).await?;
    let wanted = store.read("1").await?;
    let seen = store.pages("1", range(1..=u64::MAX, 100).folded()).await?;
    are(seen, &wanted, "asked for what is folded")?;
    let seen = store.pages("1", range(4..=9, 100).folded()).await?;
    are(seen, &wanted[3..9], "asked for what is folded of six")?;
    let seen = store.read("1").await?;
    same!(seen, wanted, "the events, asked for everything again");
    Ok(())
}

async fn pages_of_every_size(store: &Events, read: ReadStream) -> Checked {
    let all = ReadStream {
        fields: EventFields::All,
        limit: 100,
        ..read.clone()
    };
    let wanted = store.pages("1", all).await?;
    for limit in 1..=wanted.len() + 2 {
        let read = read.clone().limit(limit);
        let what = format!(
            "asked for what is folded in pages of {limit}, {:?}",
            read.direction
        );
        let seen = store.seen("1", read.clone()).await?;
        let versions: Vec<_> = wanted
            .iter()
            .map(|event| event.version)
            .take(limit)
            .collect();
        same!(
            seen,
            (versions, limit < wanted.len()),
            "the first page (and `has_more`), {what}"
        );
        are(store.pages("1", read).await?, &wanted, &what)?;
    }
    Ok(())
}

pub(crate) async fn what_is_folded_comes_in_pages_of_every_size(t: Trial) -> Checked {
    let store = mixed(&t).await?;
    pages_of_every_size(&store, range(2..=12, 1).folded()).await
}

pub(crate) async fn backwards_what_is_folded_comes_in_pages_of_every_size(t: Trial) -> Checked {
    let store = mixed(&t).await?;
    pages_of_every_size(&store, backwards(2..=12, 1).folded()).await
}
