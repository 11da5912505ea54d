//! What somebody would write without a library: a loop that picks the type by the stored name, checks the version,
//! decodes, matches.

use std::{hash::Hasher, sync::Mutex};

use serde::{Serialize, de::DeserializeOwned};
use twox_hash::XxHash3_64;
use uuid::Uuid;

use crate::{
    Result,
    domain::{Booked, Line, Opened, Renamed},
};

/// A codec as its crate offers it.
pub(crate) trait Bytes {
    fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>>;
    fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T>;
}

pub(crate) struct Json;

impl Bytes for Json {
    fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec(value)?)
    }

    fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
        Ok(serde_json::from_slice(bytes)?)
    }
}

pub(crate) struct Bincode;

impl Bytes for Bincode {
    fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>> {
        Ok(bincode::serde::encode_to_vec(
            value,
            bincode::config::standard(),
        )?)
    }

    fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
        Ok(bincode::serde::decode_from_slice(bytes, bincode::config::standard())?.0)
    }
}

/// An event as it lies in memory.
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) version: u64,
    pub(crate) name: &'static str,
    pub(crate) event_version: u32,
    pub(crate) payload: Vec<u8>,
}

pub(crate) enum Event {
    Opened(Opened),
    Booked(Booked),
    Renamed(Renamed),
}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Ledger {
    pub(crate) owner: String,
    pub(crate) balance: i64,
    pub(crate) lines: Vec<Line>,
}

fn decode<C: Bytes>(row: &Row) -> Result<Event> {
    if row.event_version != 1 {
        return Err("a version that isn't known".into());
    }
    Ok(match row.name {
        "Opened" => Event::Opened(C::decode(&row.payload)?),
        "Booked" => Event::Booked(C::decode(&row.payload)?),
        "Renamed" => Event::Renamed(C::decode(&row.payload)?),
        name => return Err(format!("{name} isn't known").into()),
    })
}

fn apply(state: Option<Ledger>, event: Event) -> Result<Ledger> {
    Ok(match (state, event) {
        (None, Event::Opened(event)) => Ledger {
            owner: event.owner,
            balance: 0,
            lines: Vec::new(),
        },
        (Some(mut state), Event::Booked(event)) => {
            state.balance += event.amount;
            state.lines.push(Line {
                amount: event.amount,
                text: event.text,
            });
            state
        }
        (Some(mut state), Event::Renamed(event)) => {
            state.owner = event.owner;
            state
        }
        _ => return Err("out of order".into()),
    })
}

pub(crate) fn replay<C: Bytes>(rows: &[Row]) -> Result<Ledger> {
    let mut state = None;
    let mut version = 0;
    for row in rows {
        version += 1;
        if row.version != version {
            return Err("a gap".into());
        }
        state = Some(apply(state, decode::<C>(row)?)?);
    }
    state.ok_or_else(|| "not found".into())
}

/// Applies, encodes, reads back and stores events that were decided.
pub(crate) fn append<C: Bytes>(
    log: &Mutex<Vec<Row>>,
    mut state: Option<Ledger>,
    events: Vec<(&'static str, Event)>,
) -> Result<Ledger> {
    let mut rows = Vec::with_capacity(events.len());
    let mut log = log.lock().map_err(|_| "poisoned")?;
    let last = log.last().map_or(0, |row| row.version);
    for (version, (name, event)) in (last + 1..).zip(events) {
        let payload = match &event {
            Event::Opened(event) => C::encode(event)?,
            Event::Booked(event) => C::encode(event)?,
            Event::Renamed(event) => C::encode(event)?,
        };
        let row = Row {
            id: Uuid::now_v7(),
            version,
            name,
            event_version: 1,
            payload,
        };
        decode::<C>(&row)?;
        rows.push(row);
        state = Some(apply(state, event)?);
    }
    log.append(&mut rows);
    state.ok_or_else(|| "not found".into())
}

/// A state's bytes, which were read back, and their checksum.
pub(crate) fn encode_snapshot<C: Bytes>(state: &Ledger) -> Result<(Vec<u8>, u64)> {
    let bytes = C::encode(state)?;
    C::decode::<Ledger>(&bytes)?;
    let checksum = checksum(&bytes);
    Ok((bytes, checksum))
}

pub(crate) fn decode_snapshot<C: Bytes>(bytes: &[u8], expected: u64) -> Result<Ledger> {
    if checksum(bytes) != expected {
        return Err("damaged".into());
    }
    C::decode(bytes)
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = XxHash3_64::default();
    hasher.write(bytes);
    hasher.finish()
}
