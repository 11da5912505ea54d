//! Odd texts in every column that holds one: each is kept as it is, or refused.

use bytes::Bytes;

use crate::{
    store::NewEvent,
    testing::conformance::{prelude::*, texts},
};

/// Appends events with each of the odd texts, behind an event that is none. What is refused leaves nothing behind; what
/// isn't comes back as it was.
async fn kept_or_refused(t: &Trial, with: impl Fn(String) -> NewEvent) -> Checked {
    let store = t.events()?;
    for (number, text) in texts::odd().into_iter().enumerate() {
        let shown: String = text.chars().take(40).collect();
        let (id, len) = (format!("text-{number}"), text.len());
        let mut one = commit(&id, 0, 1)?;
        one.streams[0].events.push(with(text));
        let wanted = if store.append(&one).await.is_ok() {
            one.streams[0].events.clone()
        } else {
            Vec::new()
        };
        let seen = store.read(&id).await?;
        same!(
            seen.len(),
            wanted.len(),
            "the events (acknowledged: {}) with the text {shown:?} of {len} bytes",
            wanted.len()
        );
        for (seen, wanted) in seen.iter().zip(&wanted) {
            same!(
                seen.event,
                *wanted,
                "an event with the text {shown:?} of {len} bytes"
            );
        }
    }
    Ok(())
}

pub(crate) async fn odd_texts_as_payloads(t: Trial) -> Checked {
    kept_or_refused(&t, event).await
}

pub(crate) async fn odd_texts_as_metadata(t: Trial) -> Checked {
    let with = |text: String| NewEvent {
        metadata: Bytes::from(text),
        ..event("{}")
    };
    kept_or_refused(&t, with).await
}

pub(crate) async fn odd_texts_as_event_names(t: Trial) -> Checked {
    let with = |text: String| NewEvent {
        name: text.into(),
        ..event("{}")
    };
    kept_or_refused(&t, with).await
}

pub(crate) async fn odd_texts_as_codecs(t: Trial) -> Checked {
    let with = |text: String| NewEvent {
        codec: text.into(),
        ..event("{}")
    };
    kept_or_refused(&t, with).await
}

/// An event's id is unique within its commit; what another commit has is not looked at.
pub(crate) async fn an_event_id_may_come_again_in_another_commit(t: Trial) -> Checked {
    let store = t.events()?;
    let one = event("{\"first\":true}");
    let mut wanted = Vec::new();
    for (expected, payload) in [(0, "1"), (1, "2"), (2, "3")] {
        let again = NewEvent {
            payload: payload.into(),
            ..one.clone()
        };
        let mut commit = commit("1", expected, 0)?;
        commit.streams[0].events.push(again.clone());
        store.append(&commit).await?;
        wanted.push(again);
    }
    let seen = store.read("1").await?;
    let seen: Vec<_> = seen.into_iter().map(|seen| seen.event).collect();
    same!(seen, wanted, "three events of one id in a stream");
    Ok(())
}
