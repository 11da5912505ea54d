//! What one process measured of one subject in one round.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::Result;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// What the subjects are compared by, in the workload's unit.
    pub(crate) value: f64,
    /// Nanoseconds and how often, as recorded.
    #[serde(default)]
    pub(crate) latencies: Vec<(u64, u64)>,
    /// Of the file, or of the table with its indexes.
    #[serde(default)]
    pub(crate) bytes_per_event: Option<f64>,
    /// Bytes: the most that the process had in memory.
    #[serde(default)]
    pub(crate) peak_memory: Option<u64>,
    #[serde(default)]
    pub(crate) checked: Option<Checked>,
}

/// What was found when everything was read back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checked {
    /// Acknowledged, and not there.
    pub(crate) lost: u64,
    /// There, and never acknowledged; or seen twice.
    pub(crate) doubled: u64,
    /// A version or an event that a reader was not shown.
    pub(crate) skipped: u64,
    /// Events that are not what was written, or loads that gave another state.
    pub(crate) wrong: u64,
}

impl Checked {
    pub(crate) fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.skipped += other.skipped;
        self.wrong += other.wrong;
    }

    /// Goes through all rows, ordered by stream and version: which stream, which version, what quantity the event says.
    pub(crate) fn rows(
        mut acknowledged: HashMap<String, u64>,
        rows: impl IntoIterator<Item = Result<(String, u64, u32)>>,
    ) -> Result<Self> {
        let mut checked = Self::default();
        let mut finish = |checked: &mut Self, stream: &str, found: u64| {
            let known = acknowledged.remove(stream).unwrap_or_default();
            checked.lost += known.saturating_sub(found);
            checked.doubled += found.saturating_sub(known);
        };
        let (mut stream, mut found, mut last) = (String::new(), 0, 0);
        for row in rows {
            let (of, version, quantity) = row?;
            if of != stream {
                finish(&mut checked, &stream, found);
                (stream, found, last) = (of, 0, 0);
            }
            found += 1;
            checked.skipped += version.saturating_sub(last + 1);
            checked.wrong += u64::from(quantity != crate::domain::quantity(version));
            last = version;
        }
        finish(&mut checked, &stream, found);
        checked.lost += acknowledged.values().sum::<u64>();
        Ok(checked)
    }
}

/// An error unless [`Checked::rows`] finds what it looks for: figures beside a blind check would say nothing.
pub(crate) fn try_the_check() -> Result {
    let of = |id: &str, version, by| {
        Ok((
            id.to_owned(),
            version,
            crate::domain::quantity(version) + by,
        ))
    };
    let known = |events| HashMap::from([("a".to_owned(), events)]);
    let found = [
        Checked::rows(known(2), [of("a", 1, 0), of("a", 2, 0)])?,
        Checked::rows(known(2), [of("a", 1, 0)])?,
        Checked::rows(known(2), [])?,
        Checked::rows(known(1), [of("a", 1, 0), of("a", 2, 0)])?,
        Checked::rows(known(1), [of("a", 1, 0), of("b", 1, 0)])?,
        Checked::rows(known(2), [of("a", 1, 0), of("a", 3, 0)])?,
        Checked::rows(known(1), [of("a", 1, 1)])?,
    ];
    let found = found.map(|each| [each.lost, each.doubled, each.skipped, each.wrong]);
    let lost_doubled_skipped_wrong = [
        [0, 0, 0, 0],
        [1, 0, 0, 0],
        [2, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
    ];
    if found != lost_doubled_skipped_wrong {
        return Err(format!("the check of what was stored is wrong: {found:?}").into());
    }
    Ok(())
}

/// In nanoseconds.
const HOUR: u64 = 3_600_000_000_000;

/// Times of single calls.
#[derive(Debug, Clone)]
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    pub(crate) fn new() -> Result<Self> {
        // Not one that grows: beyond what it holds already, `saturating_record` holds what it is given there.
        Ok(Self(Histogram::new_with_bounds(1, HOUR, 3)?))
    }

    pub(crate) fn since(&mut self, begun: Instant) {
        let took = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.0.saturating_record(took);
    }

    pub(crate) fn add(&mut self, other: &Self) -> Result {
        Ok(self.0.add(&other.0)?)
    }

    pub(crate) fn of(recorded: impl IntoIterator<Item = (u64, u64)>) -> Result<Self> {
        let mut all = Self::new()?;
        for (value, count) in recorded {
            all.0.saturating_record_n(value, count);
        }
        Ok(all)
    }

    pub(crate) fn recorded(&self) -> Vec<(u64, u64)> {
        let recorded = self.0.iter_recorded();
        recorded
            .map(|each| (each.value_iterated_to(), each.count_at_value()))
            .collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn at(&self, quantile: f64) -> Duration {
        Duration::from_nanos(self.0.value_at_quantile(quantile))
    }
}

/// The most memory that this process has had, in bytes; none where the system doesn't say.
pub(crate) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1_024)
}

/// Of a count or a size.
#[allow(clippy::cast_precision_loss, reason = "fewer than 2^52")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// A file of SQLite with its log, in bytes.
pub(crate) fn file_size(path: &std::path::Path) -> u64 {
    let sizes = ["", "-wal"].map(|end| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        std::fs::metadata(name).map_or(0, |metadata| metadata.len())
    });
    sizes.iter().sum()
}
