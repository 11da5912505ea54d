//! The disk alone: what a durable commit can't be faster than, unless it shares.

use std::{
    fs::File,
    io::{Seek as _, SeekFrom, Write as _},
    path::Path,
    time::{Duration, Instant},
};

use crate::{Result, domain::draw, sample::Latencies};

const PAGE: [u8; 4_096] = [7; 4_096];
/// Overwritten in turn, as a log is that was checkpointed: its length doesn't change.
const PAGES: u64 = 256;

/// How many pages SQLite's log has when it moves them into the file, unless it is told otherwise.
const CHECKPOINT: u64 = 1_000;

/// Writes of 4 KiB in a row, each with its sync.
pub(crate) fn syncs(folder: &Path, time: Duration) -> Result<Latencies> {
    let mut file = File::create(folder.join("sync"))?;
    for _ in 0..PAGES {
        file.write_all(&PAGE)?;
    }
    file.sync_all()?;
    let mut latencies = Latencies::new()?;
    let end = Instant::now() + time;
    for page in (0..PAGES).cycle() {
        let begun = Instant::now();
        file.seek(SeekFrom::Start(page * 4_096))?;
        file.write_all(&PAGE)?;
        file.sync_data()?;
        latencies.since(begun);
        if Instant::now() >= end {
            break;
        }
    }
    Ok(latencies)
}

/// How long the disk takes for each of a thousand pages that are scattered over a file of so many, written in their order
/// and then synced: what a checkpoint does.
pub(crate) fn scattered(folder: &Path, pages: u64, time: Duration) -> Result<Duration> {
    let mut file = File::create(folder.join("scattered"))?;
    for _ in 0..pages {
        file.write_all(&PAGE)?;
    }
    file.sync_all()?;
    let stride = pages / CHECKPOINT;
    let (begun, mut written, mut random) = (Instant::now(), 0_u32, 1_u64);
    while begun.elapsed() < time {
        for first in (0..CHECKPOINT).map(|each| each * stride) {
            let page = first + draw(&mut random) % stride;
            file.seek(SeekFrom::Start(page * 4_096))?;
            file.write_all(&PAGE)?;
            written += 1;
        }
        file.sync_data()?;
    }
    Ok(begun.elapsed() / written)
}
