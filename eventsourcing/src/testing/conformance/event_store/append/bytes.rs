//! What was stored is what was given: bytes, texts and names from every corner.

use bytes::Bytes;
use uuid::Uuid;

use crate::{
    StreamId, Version, store::NewEvent, store::StreamCommit, testing::conformance::prelude::*,
};

/// Each event comes back as it was given.
async fn come_back(t: &Trial, events: &[NewEvent]) -> Checked {
    let store = t.events()?;
    for (number, event) in events.iter().enumerate() {
        let read = store.echo(&number.to_string(), event).await?;
        same!(read, *event, "event {number} as it was read");
    }
    Ok(())
}

async fn payloads_come_back(t: &Trial, payloads: &[&[u8]], codec: &'static str) -> Checked {
    let of = |payload: &&[u8]| NewEvent {
        codec: codec.into(),
        ..event(payload.to_vec())
    };
    come_back(t, &payloads.iter().map(of).collect::<Vec<_>>()).await
}

/// Streams of these names are different ones, and have the names that they were given.
async fn are_different_streams(t: &Trial, names: &[(&str, &str)]) -> Checked {
    let store = t.events()?;
    for (category, id) in names {
        let stream = named(category, id)?;
        store.put_in(stream.clone(), 0).await?;
        let page = store.store().read_stream(&stream, range(1..=9, 9)).await?;
        let seen: Vec<_> = page.iter().map(|event| event.stream).collect();
        same!(
            seen,
            [stream.as_str()],
            "the names of the events in {stream}"
        );
    }
    same!(
        store.all().await?.len(),
        names.len(),
        "the events in the store"
    );
    Ok(())
}

pub(crate) async fn every_field_comes_back(t: Trial) -> Checked {
    let whole = NewEvent {
        id: Uuid::now_v7(),
        name: "ItemAdded".into(),
        event_version: 3,
        codec: "json".into(),
        payload: Bytes::from_static(br#"{"sku":"a-1","quantity":2}"#),
        metadata: Bytes::from_static(br#"{"actor":"alice"}"#),
    };
    come_back(&t, &[whole]).await
}

pub(crate) async fn an_empty_payload_and_empty_metadata(t: Trial) -> Checked {
    let with_metadata = NewEvent {
        metadata: Bytes::from_static(b"{}"),
        ..event("")
    };
    let binary = NewEvent {
        codec: "bincode".into(),
        ..event("")
    };
    come_back(&t, &[event(""), with_metadata, binary]).await
}

pub(crate) async fn every_byte_in_a_payload_that_is_no_text(t: Trial) -> Checked {
    let all: Vec<u8> = (0..=u8::MAX).collect();
    let falling: Vec<u8> = all.iter().rev().copied().cycle().take(70_000).collect();
    payloads_come_back(&t, &[&all, &falling, b"\xff\xfe", b"\xc3"], "bincode").await
}

pub(crate) async fn nul_bytes_and_escaped_nul(t: Trial) -> Checked {
    let texts: [&[u8]; 5] = [
        b"\0",
        b"{\"a\":\"x\0y\"}",
        b"\0\0\0",
        b"{}\0",
        br#"{"a":"x\u0000y"}"#,
    ];
    payloads_come_back(&t, &texts, "json").await?;
    let metadata = NewEvent {
        metadata: Bytes::from_static(br#"{"actor":"a\u0000b"}"#),
        ..event("{}")
    };
    let read = t.events()?.echo("metadata", &metadata).await?;
    same!(
        read,
        metadata,
        "an event with an escaped NUL in its metadata"
    );
    Ok(())
}

pub(crate) async fn numbers_in_json_keep_their_spelling(t: Trial) -> Checked {
    let numbers: [&[u8]; 8] = [
        b"-0.0",
        br#"{"zero":-0.0}"#,
        b"1e5",
        b"1E+05",
        b"1.0",
        b"12345678901234567890123",
        b"0.1000000000000000055511151231257827",
        b"5e-324",
    ];
    payloads_come_back(&t, &numbers, "json").await
}

pub(crate) async fn keys_in_json_keep_their_order_and_blanks_stay(t: Trial) -> Checked {
    let texts: [&[u8]; 5] = [
        br#"{"b":1,"a":2}"#,
        br#"{"a":1,"a":2}"#,
        b" [1, 2] ",
        b"{\n\t\"a\": 1\r\n}",
        br#""\u00e9\/""#,
    ];
    payloads_come_back(&t, &texts, "json").await
}

pub(crate) async fn unicode_in_payload_metadata_and_names(t: Trial) -> Checked {
    let texts = [
        "日本語",
        "e\u{301}",
        "\u{1F600}\u{200D}",
        "\u{FEFF}\u{FFFD}\u{FFFF}",
        "ß\u{202E}",
    ];
    let of = |text: &&str| NewEvent {
        name: (*text).to_owned().into(),
        codec: format!("json+{text}").into(),
        metadata: format!("{{\"actor\":\"{text}\"}}").into(),
        ..event(format!("\"{text}\""))
    };
    come_back(&t, &texts.iter().map(of).collect::<Vec<_>>()).await
}

pub(crate) async fn odd_characters_in_stream_names(t: Trial) -> Checked {
    let ids = [
        "a/b",
        "/",
        "//",
        "'",
        "\"",
        "''; --",
        "%",
        "_",
        "\\",
        "*",
        "a b",
        "$1",
        "?",
        ":",
        "a.b",
        "日本",
        "\u{1F600}",
        "\u{FFFF}",
        "-0.0",
        "NULL",
        "0x1F",
    ];
    let names: Vec<_> = ids.iter().map(|id| ("order", *id)).collect();
    are_different_streams(&t, &names).await?;
    let store = t.events()?;
    for category in ["日本", "or'der", "or%der", "or_der", "or der", "$all", "*"] {
        store.put_in(named(category, "1")?, 0).await?;
        let read = store.store().head(&named(category, "1")?).await?;
        same!(read.get(), 1, "the head in the category {category:?}");
    }
    Ok(())
}

pub(crate) async fn composed_and_decomposed_letters_are_different_streams(t: Trial) -> Checked {
    are_different_streams(
        &t,
        &[("order", "\u{e9}"), ("order", "e\u{301}"), ("order", "e")],
    )
    .await
}

pub(crate) async fn blanks_at_the_end_of_names_count(t: Trial) -> Checked {
    are_different_streams(
        &t,
        &[
            ("order", "a"),
            ("order", "a "),
            ("order", " a"),
            ("order ", "a"),
        ],
    )
    .await?;
    let padded = NewEvent {
        name: "ItemAdded ".into(),
        codec: "json ".into(),
        ..event(" {} ")
    };
    let read = t.events()?.echo("padded", &padded).await?;
    same!(read, padded, "an event with blanks at the end of its texts");
    Ok(())
}

pub(crate) async fn the_longest_names(t: Trial) -> Checked {
    let category = "c".repeat(StreamId::MAX_CATEGORY_LEN);
    let id = "i".repeat(StreamId::MAX_ID_LEN - 1);
    let (one, two) = (format!("{id}1"), format!("{id}2"));
    // Cut off, they would be the same.
    are_different_streams(&t, &[(&category, &one), (&category, &two)]).await?;
    let named = NewEvent {
        name: "n".repeat(StreamId::MAX_CATEGORY_LEN).into(),
        ..event("{}")
    };
    let read = t.events()?.echo("named", &named).await?;
    same!(read, named, "an event with the longest name");
    Ok(())
}

pub(crate) async fn an_event_of_five_megabytes(t: Trial) -> Checked {
    let store = t.events()?;
    let large = event(format!("\"{}\"", "x".repeat(5_000_000)));
    let read = store.echo("text", &large).await?;
    ensure!(
        read == large,
        "an event of five megabytes came back changed"
    );
    let large = NewEvent {
        codec: "bincode".into(),
        ..event(noise(5_000_000))
    };
    let read = store.echo("noise", &large).await?;
    ensure!(
        read == large,
        "a binary event of five megabytes came back changed"
    );
    Ok(())
}

pub(crate) async fn a_megabyte_of_metadata(t: Trial) -> Checked {
    let large = NewEvent {
        metadata: format!("{{\"note\":\"{}\"}}", "x".repeat(1_000_000)).into(),
        ..event("{}")
    };
    let read = t.events()?.echo("1", &large).await?;
    ensure!(
        read == large,
        "an event with a megabyte of metadata came back changed"
    );
    Ok(())
}

pub(crate) async fn event_versions_from_zero_to_the_highest(t: Trial) -> Checked {
    let versions = [
        0,
        1,
        2,
        u32::from(u16::MAX) + 1,
        i32::MAX.unsigned_abs() + 1,
        u32::MAX,
    ];
    let of = |event_version: u32| NewEvent {
        event_version,
        ..event("{}")
    };
    come_back(&t, &versions.map(of)).await
}

pub(crate) async fn odd_event_and_commit_ids(t: Trial) -> Checked {
    let store = t.events()?;
    let ids = [
        Uuid::nil(),
        Uuid::max(),
        Uuid::from_u128(1),
        Uuid::from_u128(0x8000_0000_0000_4000_8000_0000_0000_00FF),
    ];
    for (number, id) in ids.into_iter().enumerate() {
        let name = number.to_string();
        let mut one = commit(&name, 0, 1)?;
        one.id = id;
        one.streams[0].events[0].id = id;
        store.append(&one).await?;
        let seen = store.read(&name).await?;
        let seen = first(&seen, "the events in the stream")?;
        same!(seen.commit_id, id, "the commit's id");
        same!(seen.event.id, id, "the event's id");
        ensure!(
            store.append(&one).await?.repeated,
            "the repetition of commit {id} is not known"
        );
    }
    Ok(())
}

pub(crate) async fn codecs_and_layers_of_others(t: Trial) -> Checked {
    let codecs = [
        "json",
        "JSON",
        "bincode",
        "json+zstd+aes",
        "application/x-unknown",
        "x",
    ];
    let of = |codec: &&str| NewEvent {
        codec: (*codec).to_owned().into(),
        ..event("{\"a\":1}")
    };
    come_back(&t, &codecs.iter().map(of).collect::<Vec<_>>()).await
}

pub(crate) async fn several_codecs_in_one_commit(t: Trial) -> Checked {
    let store = t.events()?;
    let mut all = events(3);
    all[1].codec = "bincode".into();
    all[1].payload = Bytes::from_static(b"\0\xff");
    all[1].name = "Other".into();
    all[2].metadata = Bytes::from_static(br#"{"actor":"bob"}"#);
    let mut one = commit("1", 0, 0)?;
    one.streams[0].events.clone_from(&all);
    store.append(&one).await?;
    let read: Vec<_> = store
        .read("1")
        .await?
        .into_iter()
        .map(|seen| seen.event)
        .collect();
    same!(read, all, "events of several codecs");
    Ok(())
}

pub(crate) async fn json_that_is_not_utf8_is_kept_or_refused(t: Trial) -> Checked {
    let store = t.events()?;
    let payload: &[u8] = b"{\"a\":\"\xff\"}";
    let broken = [
        event(payload),
        NewEvent {
            metadata: Bytes::from_static(b"{\"actor\":\"\xc3\"}"),
            ..event("{}")
        },
    ];
    for (number, broken) in broken.into_iter().enumerate() {
        let part = StreamCommit {
            stream: stream(&number.to_string())?,
            expected: Version::ZERO,
            after: None,
            events: vec![event("{}"), broken.clone()],
        };
        let stored = store.append(&commit_of(vec![part])).await.is_ok();
        let seen = store.read(&number.to_string()).await?;
        same!(
            seen.len(),
            if stored { 2 } else { 0 },
            "the events (acknowledged: {stored})"
        );
        if let Some(last) = seen.last() {
            same!(last.event, broken, "the event that was acknowledged");
        }
    }
    Ok(())
}

pub(crate) async fn one_event_id_in_two_streams_is_kept_in_both(t: Trial) -> Checked {
    let store = t.events()?;
    let one = event("{\"first\":true}");
    let other = NewEvent {
        payload: Bytes::from_static(b"{\"second\":true}"),
        ..one.clone()
    };
    same!(
        store.echo("1", &one).await?,
        one,
        "the event in the first stream"
    );
    same!(
        store.echo("2", &other).await?,
        other,
        "the event of the same id in the second"
    );
    Ok(())
}
