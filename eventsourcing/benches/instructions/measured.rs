//! What runs under callgrind: everything is prepared outside the region that is counted.

use std::{hint::black_box, sync::Mutex};

use eventsourcing::prelude::*;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use crate::{
    Result,
    by_hand::{self, Bytes, Event, Row},
    domain::{Renamed, bincode, booked, json, opened, renamed},
};

pub(crate) const CODECS: [&str; 2] = ["json", "bincode"];

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Side {
    Ours,
    ByHand,
}

impl Side {
    pub(crate) fn of(name: &str) -> Result<Self> {
        match name {
            "ours" => Ok(Self::Ours),
            "by-hand" => Ok(Self::ByHand),
            _ => Err(format!("no side {name}").into()),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::ByHand => "by-hand",
        }
    }
}

/// Callgrind counts what is called from here, by its name.
#[inline(never)]
fn the_measured_region<T>(run: impl FnOnce() -> T) -> T {
    black_box(run())
}

pub(crate) fn run(workload: &str, codec: &str, side: Side, count: u64) -> Result {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    match (codec, side) {
        ("json", Side::ByHand) => the_loop_by_hand::<by_hand::Json>(workload, count),
        ("bincode", Side::ByHand) => the_loop_by_hand::<by_hand::Bincode>(workload, count),
        ("json", Side::Ours) => json(&runtime, workload, count),
        ("bincode", Side::Ours) => bincode(&runtime, workload, count),
        _ => Err(format!("no codec {codec}").into()),
    }
}

/// Whether it is about what stores events.
fn is_of_writing(workload: &str) -> bool {
    matches!(workload, "append" | "save")
}

/// How many events are stored at a time.
fn batch(workload: &str) -> u64 {
    if workload == "save" { 1 } else { 1_000 }
}

/// One event of ten is the rarer one.
fn is_rare(number: u64) -> bool {
    number % 10 == 9
}

fn the_loop_by_hand<C: Bytes>(workload: &str, count: u64) -> Result {
    let decided = |numbers: std::ops::Range<u64>| -> Vec<(&'static str, Event)> {
        let event = |number| match number {
            0 => ("Opened", Event::Opened(opened())),
            _ if is_rare(number) => ("Renamed", Event::Renamed(renamed(number))),
            _ => ("Booked", Event::Booked(booked(number))),
        };
        numbers.map(event).collect()
    };
    let log = Mutex::new(Vec::<Row>::new());
    let mut state = None;
    let batch = batch(workload);
    for number in (0..count).step_by(usize::try_from(batch)?) {
        let events = decided(number..count.min(number + batch));
        let of = state.take();
        state = Some(if is_of_writing(workload) {
            the_measured_region(|| by_hand::append::<C>(&log, of, events))?
        } else {
            by_hand::append::<C>(&log, of, events)?
        });
    }
    let (rows, state) = (log.into_inner()?, state.ok_or("no state")?);
    match workload {
        "append" | "save" => drop(black_box(
            rows.iter().map(|row| row.id).collect::<Vec<Uuid>>(),
        )),
        "replay" => drop(the_measured_region(|| by_hand::replay::<C>(&rows))?),
        "snapshot-encode" => drop(the_measured_region(|| {
            by_hand::encode_snapshot::<C>(&state)
        })?),
        "snapshot-decode" => {
            let (bytes, checksum) = by_hand::encode_snapshot::<C>(&state)?;
            drop(the_measured_region(|| {
                by_hand::decode_snapshot::<C>(&bytes, checksum)
            })?);
        }
        _ => return Err(format!("no workload {workload}").into()),
    }
    Ok(())
}

macro_rules! ours {
    ($module:ident) => {
        fn $module(runtime: &Runtime, workload: &str, count: u64) -> Result {
            let store = MemoryStore::new();
            let ledgers = Repository::<$module::Ledger>::builder(store)
                .event_codec(codec::$module())
                .build()?;
            let mut root = ledgers.create(1, opened());
            let batch = batch(workload);
            for from in (0..count).step_by(usize::try_from(batch)?) {
                let events: Vec<Decided> = (from.max(1)..count.min(from + batch))
                    .map(decided)
                    .collect();
                let save = || -> Result {
                    for event in events {
                        match event {
                            Decided::Rare(event) => root.record(event),
                            Decided::Usual(event) => root.record(event),
                        }
                    }
                    runtime.block_on(ledgers.save(&mut root))?;
                    Ok(())
                };
                if is_of_writing(workload) {
                    the_measured_region(save)?;
                } else {
                    save()?;
                }
            }
            let snapshot = || runtime.block_on(ledgers.create_snapshot(&root));
            let load = || runtime.block_on(ledgers.load(1));
            match workload {
                "append" | "save" => drop(black_box(root)),
                "replay" => drop(the_measured_region(load)?),
                "snapshot-encode" => drop(the_measured_region(snapshot)?),
                "snapshot-decode" => {
                    snapshot()?;
                    drop(the_measured_region(load)?);
                }
                _ => return Err(format!("no workload {workload}").into()),
            }
            Ok(())
        }
    };
}

ours!(json);
ours!(bincode);

enum Decided {
    Rare(Renamed),
    Usual(crate::domain::Booked),
}

fn decided(number: u64) -> Decided {
    if is_rare(number) {
        Decided::Rare(renamed(number))
    } else {
        Decided::Usual(booked(number))
    }
}

mod codec {
    use eventsourcing::codec::{Bincode, Json};

    pub(super) fn json() -> Json {
        Json
    }

    pub(super) fn bincode() -> Bincode {
        Bincode
    }
}
