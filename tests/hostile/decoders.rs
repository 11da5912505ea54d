//! What decodes: the codecs by themselves, a repository's events, and its snapshots.

use bytes::Bytes;
use eventsourcing::{
    StreamId,
    codec::{Codec, CodecError},
    prelude::*,
    snapshot::SnapshotRow,
    store::{EventPage, ReadStream, RecordedEvent},
};
use fastrand::Rng;
use serde::{Serialize, de::DeserializeOwned};
use tokio::runtime::Runtime;

use crate::{
    damage::hostile,
    run::{Decode, Decoded},
    store::HandOut,
    values::{Began, Changed, Over, Parcel, rich, riches},
};

pub(crate) fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().expect("a runtime")
}

pub(crate) fn encode<T: Serialize>(codec: &impl Codec, value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec
        .encode(value, &mut bytes)
        .expect("the sample can be written");
    bytes
}

fn seen<T>(outcome: Result<T, CodecError>) -> Decoded {
    match outcome {
        Ok(_) => Decoded::Value,
        // Errors are shown to people: that must work too.
        Err(error) => {
            assert!(!error.to_string().is_empty());
            Decoded::Refused
        }
    }
}

/// The bytes of a codec, read as one type. What decodes can be written again, or is refused as an error.
pub(crate) fn codec<T: Serialize + DeserializeOwned>(
    codec: impl Codec,
    samples: &[T],
) -> impl Decode {
    let valid: Vec<_> = samples
        .iter()
        .map(|sample| encode(&codec, sample))
        .collect();
    move |rng| {
        let outcome = codec.decode::<T>(&hostile(rng, &valid));
        if let Ok(value) = &outcome
            && rng.u8(..8) == 0
        {
            drop(codec.encode(value, &mut Vec::new()));
        }
        Ok(seen(outcome))
    }
}

pub(crate) fn id() -> String {
    "main".to_owned()
}

/// What a stream is made of: as much as makes it telling, or as little as makes a load cheap.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    /// Four events, one of which is hostile.
    Whole,
    /// As few events as can be around the hostile one.
    Short,
}

/// A stream and a snapshot at its head, as a real store gives them.
async fn stored(codec: impl Codec, size: Stream) -> (EventPage, SnapshotRow, Parcel) {
    let store = MemoryStore::new();
    let parcels = Repository::<Parcel>::builder(store.clone())
        .event_codec(codec.clone())
        .snapshot_codec(codec)
        .build()
        .expect("valid settings");
    let (began, changes) = match size {
        Stream::Whole => (3, 3),
        Stream::Short => (0, 0),
    };
    let mut root = parcels.create(id(), Began { rich: rich(began) });
    for n in 0..changes {
        let by = (n == 1).then(|| "Ada".to_owned());
        root.record(Changed { rich: rich(n), by });
    }
    parcels
        .save(&mut root)
        .await
        .expect("the samples can be saved");
    let snapshot = parcels
        .create_snapshot(&root)
        .await
        .expect("and be a snapshot");
    let stream = StreamId::of::<Parcel>(root.id()).expect("a valid id");
    let page = store
        .read_stream(&stream, ReadStream::from(Version::ZERO))
        .await;
    (
        page.expect("a page"),
        snapshot.row().clone(),
        root.state().clone(),
    )
}

/// Loads, and reads the history of, streams in which one event is hostile.
pub(crate) fn events(codec: impl Codec) -> impl Decode {
    let runtime = runtime();
    let (page, ..) = runtime.block_on(stored(codec, Stream::Whole));
    let valid: Vec<_> = page.iter().map(|row| row.payload.to_vec()).collect();
    let store = HandOut::default();
    let parcels = Repository::<Parcel>::builder(store.clone())
        .build()
        .expect("valid settings");
    move |rng| {
        let bad = rng.usize(..page.len());
        let payload = hostile(rng, &valid);
        let mut events = EventPage::new();
        for (index, row) in page.iter().enumerate() {
            let row = if index == bad {
                damaged(rng, row, &payload)
            } else {
                row
            };
            events.push(&row);
        }
        // Renamed to a discard, with bytes that are one: then the parcel is gone, and rightly.
        let is_ended = events.last().is_some_and(|row| row.name == Over::NAME);
        store.hand().events = events;
        runtime.block_on(async {
            let loaded = parcels.load(id()).await;
            if rng.u8(..8) == 0 {
                drop(parcels.history(id()).collect().await);
            }
            match loaded {
                Ok(_) => Ok(Decoded::Value),
                Err(error) if error.is_not_found() && !is_ended => {
                    Err(format!("{error}, of a stream with events"))
                }
                Err(error) => {
                    assert!(!format!("{error}{error:?}").is_empty());
                    Ok(Decoded::Refused)
                }
            }
        })
    }
}

/// Loads streams of nothing but a hostile event, and of a small one before it: the same functions of the repository, at a
/// fraction of the time. What the codec alone makes of an event, the load makes of it too.
pub(crate) fn single_events(codec: impl Codec) -> impl Decode {
    let runtime = runtime();
    let (first, ..) = runtime.block_on(stored(codec.clone(), Stream::Short));
    let began: Vec<_> = riches()
        .into_iter()
        .map(|rich| encode(&codec, &Began { rich }))
        .collect();
    let changed: Vec<_> = riches()
        .into_iter()
        .zip([None, Some("Ada".to_owned())].into_iter().cycle())
        .map(|(rich, by)| encode(&codec, &Changed { rich, by }))
        .collect();
    let store = HandOut::default();
    let parcels = Repository::<Parcel>::builder(store.clone())
        .build()
        .expect("valid settings");
    let id = id();
    move |rng| {
        let first = first.first().expect("one event");
        let is_first = rng.bool();
        let payload = hostile(rng, if is_first { &began } else { &changed });
        let mut events = EventPage::new();
        let sound = if is_first {
            first
        } else {
            events.push(&first);
            RecordedEvent {
                version: 2_u64.into(),
                id: uuid::Uuid::from_u128(1),
                name: Changed::NAME,
                ..first
            }
        };
        let row = damaged(rng, sound, &payload);
        events.push(&row);
        // Then it isn't of the versions that are asked for.
        let is_absent = row.version == 0_u64;
        let is_ended = row.name == Over::NAME;
        let only_payload = row
            == RecordedEvent {
                payload: &payload,
                ..sound
            };
        store.hand().events = events;
        let loaded = runtime.block_on(parcels.load(&id));
        if only_payload && rng.u8(..8) == 0 {
            let alone = if is_first {
                codec.decode::<Began>(&payload).is_ok()
            } else {
                codec.decode::<Changed>(&payload).is_ok()
            };
            if alone != loaded.is_ok() {
                return Err(format!("the codec alone: {alone}, the load: {loaded:?}"));
            }
        }
        match loaded {
            Ok(_) => Ok(Decoded::Value),
            Err(error) if error.is_not_found() && !is_ended && !is_absent => {
                Err(format!("{error}, of a stream with events"))
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                Ok(Decoded::Refused)
            }
        }
    }
}

/// Its payload is hostile, and now and then something else.
fn damaged<'a>(rng: &mut Rng, row: RecordedEvent<'a>, payload: &'a [u8]) -> RecordedEvent<'a> {
    let row = RecordedEvent { payload, ..row };
    match rng.u8(..32) {
        0 => RecordedEvent {
            event_version: rng.u32(..),
            ..row
        },
        1 => RecordedEvent {
            version: rng.u64(..8).into(),
            ..row
        },
        2 => RecordedEvent {
            metadata: payload,
            ..row
        },
        3 => RecordedEvent {
            name: ["Began", "Changed", "Over", "", "\0"][rng.usize(..5)],
            ..row
        },
        4 => RecordedEvent {
            codec: ["json", "bincode", "postcard", ""][rng.usize(..4)],
            ..row
        },
        _ => row,
    }
}

/// Loads through a hostile snapshot over a good stream: that always works. Where the checksum is wrong, or the row is
/// not of this stream, what is loaded is what the events say; hostile bytes in a state with the right checksum may decode.
pub(crate) fn snapshots(codec: impl Codec, size: Stream) -> impl Decode {
    let runtime = runtime();
    let (page, row, state) = runtime.block_on(stored(codec.clone(), size));
    let valid: Vec<_> = riches()
        .into_iter()
        .map(|rich| {
            encode(
                &codec,
                &Parcel {
                    rich,
                    changes: vec![None, Some("Ada".into())],
                },
            )
        })
        .collect();
    let store = HandOut::default();
    store.hand().events = page;
    let parcels = Repository::<Parcel>::builder(store.clone())
        .snapshot_codec(codec)
        // So that bad rows are removed and replaced.
        .snapshots(SnapshotPolicy::every(1_000_000))
        .build()
        .expect("valid settings");
    let mut hits = 0;
    move |rng| {
        let bytes = Bytes::from(hostile(rng, &valid));
        let (hostile, is_wrapped) = hostile_row(rng, &row, bytes);
        store.hand().snapshot = Some(hostile);
        let loaded = runtime.block_on(parcels.load(id()));
        let loaded = loaded.map_err(|error| format!("a snapshot failed a load: {error:?}"))?;
        let before = std::mem::replace(&mut hits, parcels.snapshot_stats().hits);
        let hit = hits > before;
        if !(is_wrapped && hit) && *loaded.state() != state {
            return Err(format!(
                "loaded another state, {}",
                if hit { "by a damaged row" } else { "by replay" }
            ));
        }
        Ok(if hit {
            Decoded::Value
        } else {
            Decoded::Refused
        })
    }
}

/// A hostile row, and whether its checksum was made again for the state in it.
pub(crate) fn hostile_row(rng: &mut Rng, row: &SnapshotRow, state: Bytes) -> (SnapshotRow, bool) {
    let SnapshotRow {
        key,
        version,
        last_event,
        created_at,
        ..
    } = row.clone();
    let mut hostile = row.clone();
    match rng.u8(..8) {
        0 => hostile.state = Some(state),
        1 => hostile.checksum ^= 1 << rng.u8(..64),
        2 => hostile.version = rng.u64(..6).into(),
        3 => hostile.last_event = uuid::Uuid::from_u128(rng.u128(..)),
        _ => {
            return (
                SnapshotRow::new(key, version, last_event, created_at, Some(state)),
                true,
            );
        }
    }
    (hostile, false)
}
