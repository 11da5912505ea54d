//! The disk alone: what a durable commit can't be faster than, unless it shares.

use std::{
    fs::File,
    io::{Seek as _, SeekFrom, Write as _},
    path::Path,
    time::{Duration, Instant},
};

use crate::{Result, sample::Latencies};

const PAGE: [u8; 4_096] = [7; 4_096];
/// Overwritten in turn, as a log is that was checkpointed: its length doesn't change.
const PAGES: u64 = 256;

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
