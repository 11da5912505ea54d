//! What a sync costs where the server is: without it no figure of an append says anything.

use std::{
    fs::File,
    io::{Seek as _, SeekFrom, Write as _},
    time::{Duration, Instant},
};

use crate::Result;

pub(crate) fn sync_latency() -> Result<Duration> {
    let name = format!("es-bench-sync-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let mut file = File::create(&path)?;
    let mut took = Vec::new();
    for _ in 0..500 {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&[7; 8_192])?;
        let begun = Instant::now();
        file.sync_data()?;
        took.push(begun.elapsed());
    }
    std::fs::remove_file(path)?;
    took.sort_unstable();
    Ok(took[took.len() / 2])
}
