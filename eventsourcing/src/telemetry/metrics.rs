//! The metrics: their names, units, labels and descriptions, and how they reach the recorder.
//!
//! A new one is a line in the table here, a variant in `series`, and a row in `docs/observability.md`.

#[cfg(feature = "postgres")]
use std::time::Duration;

use metrics::{Gauge, Key, Label, Level, Metadata, SharedString, Unit, with_recorder};
use tokio::time::Instant;

#[cfg(feature = "postgres")]
use super::as_f64;
use super::{Count, LoadOutcome, Measure, SaveOutcome};
use crate::snapshot::{SnapshotMiss, Verdict};

static METADATA: Metadata<'static> =
    Metadata::new("eventsourcing", Level::INFO, Some(module_path!()));

macro_rules! table {
    ($($metric:ident = $describe:ident $name:literal, $unit:ident, $meaning:literal;)+) => {
        #[derive(Debug, Clone, Copy)]
        enum Metric {
            $($metric),+
        }

        impl Metric {
            const NAMES: &[&str] = &[$($name),+];
        }

        /// Tells the recorder that is installed the unit and the meaning of every metric. Calls that come before a recorder
        /// is installed tell nobody.
        pub fn describe_metrics() {
            with_recorder(|recorder| {
                $(recorder.$describe($name.into(), Some(Unit::$unit), SharedString::const_str($meaning));)+
            });
        }
    };
}

table! {
    Loads = describe_counter "eventsourcing_loads_total", Count,
        "loads, also of the past and by commands";
    LoadSeconds = describe_histogram "eventsourcing_load_duration_seconds", Seconds,
        "how long a load took that did not fail";
    LoadEvents = describe_histogram "eventsourcing_load_replayed_events", Count,
        "events that a load replayed";
    Saves = describe_counter "eventsourcing_saves_total", Count,
        "saves that had something to store";
    SaveSeconds = describe_histogram "eventsourcing_save_duration_seconds", Seconds,
        "how long the store took for a save, whatever came of it";
    EventsStored = describe_counter "eventsourcing_events_stored_total", Count,
        "events stored";
    CacheHits = describe_counter "eventsourcing_cache_hits_total", Count,
        "loads that began at a state of the cache";
    Hits = describe_counter "eventsourcing_snapshot_hits_total", Count,
        "loads that began at a snapshot";
    Misses = describe_counter "eventsourcing_snapshot_misses_total", Count,
        "snapshots that could not be used, and loads that found none";
    AgeEvents = describe_histogram "eventsourcing_snapshot_age_events", Count,
        "how many events behind the wanted version a snapshot was that a load began at";
    AgeSeconds = describe_histogram "eventsourcing_snapshot_age_seconds", Seconds,
        "how long ago a snapshot had been taken that a load began at";
    BytesRead = describe_histogram "eventsourcing_snapshot_read_bytes", Bytes,
        "the stored state of a snapshot that a load read";
    BytesWritten = describe_histogram "eventsourcing_snapshot_written_bytes", Bytes,
        "the stored state of a snapshot that was stored";
    Stored = describe_counter "eventsourcing_snapshots_stored_total", Count,
        "snapshots stored";
    Failed = describe_counter "eventsourcing_snapshots_failed_total", Count,
        "snapshots that were wanted and could not be stored";
    Dropped = describe_counter "eventsourcing_snapshots_dropped_total", Count,
        "background snapshots given up for a newer one of the same stream, or by a full or closed queue";
    Removed = describe_counter "eventsourcing_snapshots_removed_total", Count,
        "bad snapshots removed";
    Pruned = describe_counter "eventsourcing_snapshots_pruned_total", Count,
        "snapshots that the retention removed";
    Verifications = describe_counter "eventsourcing_snapshot_verifications_total", Count,
        "sampled loads, and what became of their verification";
    EventsVerified = describe_counter "eventsourcing_snapshot_verification_events_total", Count,
        "events replayed by verification";
    Queue = describe_gauge "eventsourcing_snapshot_queue_length", Count,
        "background snapshots that wait or are being stored";
    OrderUnsettled = describe_gauge "eventsourcing_order_unsettled_positions", Count,
        "positions drawn that readers of all events don't see yet, when a reader last looked";
    OrderStalled = describe_gauge "eventsourcing_order_stalled_seconds", Seconds,
        "for how long readers of all events have been waiting at one place, when one last looked";
}

/// The keys of the metrics of one repository, made once: counting allocates nothing.
#[derive(Debug)]
pub(crate) struct Meter {
    plain: Vec<Key>,
    loads: Vec<Key>,
    saves: Vec<Key>,
    misses: Vec<Key>,
    verifications: Vec<Key>,
}

impl LoadOutcome {
    const LABELS: [&str; 3] = ["found", "not_found", "failed"];
}

impl SaveOutcome {
    const LABELS: [&str; 4] = ["stored", "conflict", "unknown", "failed"];
}

impl Meter {
    pub(crate) fn new(aggregate: &'static str) -> Self {
        let aggregate = Label::from_static_parts("aggregate", aggregate);
        let labelled = |metric: Metric, label, values: &[&'static str]| {
            let name = Metric::NAMES[metric as usize];
            let key = |value: &&'static str| {
                let label = Label::from_static_parts(label, value);
                Key::from_parts(name, vec![aggregate.clone(), label])
            };
            values.iter().map(key).collect()
        };
        let plain = Metric::NAMES
            .iter()
            .map(|name| Key::from_parts(*name, vec![aggregate.clone()]));
        Self {
            plain: plain.collect(),
            loads: labelled(Metric::Loads, "outcome", &LoadOutcome::LABELS),
            saves: labelled(Metric::Saves, "outcome", &SaveOutcome::LABELS),
            misses: labelled(
                Metric::Misses,
                "reason",
                &SnapshotMiss::ALL.map(SnapshotMiss::as_str),
            ),
            verifications: labelled(
                Metric::Verifications,
                "outcome",
                &Verdict::ALL.map(Verdict::as_str),
            ),
        }
    }

    pub(crate) fn count(&self, what: Count) {
        let plain = |metric: Metric| self.plain.get(metric as usize);
        let (key, by) = match what {
            Count::Load(outcome) => (self.loads.get(outcome as usize), 1),
            Count::Save(outcome) => (self.saves.get(outcome as usize), 1),
            Count::EventsStored(events) => (plain(Metric::EventsStored), events as u64),
            Count::Hit => (plain(Metric::Hits), 1),
            Count::Cached => (plain(Metric::CacheHits), 1),
            Count::Miss(reason) => (self.misses.get(reason as usize), 1),
            Count::Stored => (plain(Metric::Stored), 1),
            Count::Failed => (plain(Metric::Failed), 1),
            Count::Pruned => (plain(Metric::Pruned), 1),
            Count::Dropped => (plain(Metric::Dropped), 1),
            Count::Removed => (plain(Metric::Removed), 1),
            Count::Verified(verdict) => (self.verifications.get(verdict as usize), 1),
            Count::EventsVerified(events) => (plain(Metric::EventsVerified), events as u64),
        };
        if let Some(key) = key {
            with_recorder(|recorder| recorder.register_counter(key, &METADATA).increment(by));
        }
    }

    pub(crate) fn record(&self, what: Measure, value: impl FnOnce() -> f64) {
        let metric = match what {
            Measure::LoadSeconds => Metric::LoadSeconds,
            Measure::LoadEvents => Metric::LoadEvents,
            Measure::SaveSeconds => Metric::SaveSeconds,
            Measure::AgeEvents => Metric::AgeEvents,
            Measure::AgeSeconds => Metric::AgeSeconds,
            Measure::BytesRead => Metric::BytesRead,
            Measure::BytesWritten => Metric::BytesWritten,
        };
        if let Some(key) = self.plain.get(metric as usize) {
            with_recorder(|recorder| {
                recorder.register_histogram(key, &METADATA).record(value());
            });
        }
    }

    /// One more in the queue, as long as this is kept.
    pub(crate) fn queued(&self) -> Queued {
        let key = self.plain.get(Metric::Queue as usize);
        let gauge =
            key.map(|key| with_recorder(|recorder| recorder.register_gauge(key, &METADATA)));
        if let Some(gauge) = &gauge {
            gauge.increment(1.0);
        }
        Queued(gauge)
    }
}

/// The keys of the metrics of one database's order of all events.
#[cfg(feature = "postgres")]
#[derive(Debug)]
pub(crate) struct OrderMeter {
    unsettled: Key,
    stalled: Key,
}

#[cfg(feature = "postgres")]
impl OrderMeter {
    pub(crate) fn new(database: &str) -> Self {
        let labels = vec![Label::new("database", database.to_owned())];
        let key = |metric: Metric| Key::from_parts(Metric::NAMES[metric as usize], labels.clone());
        Self {
            unsettled: key(Metric::OrderUnsettled),
            stalled: key(Metric::OrderStalled),
        }
    }

    /// A reader looked how far the order is settled.
    pub(crate) fn saw(&self, unsettled: u64, stalled_for: Duration) {
        with_recorder(|recorder| {
            let gauge = |key| recorder.register_gauge(key, &METADATA);
            gauge(&self.unsettled).set(as_f64(unsettled));
            gauge(&self.stalled).set(stalled_for.as_secs_f64());
        });
    }
}

/// One in a queue.
pub(crate) struct Queued(Option<Gauge>);

impl Drop for Queued {
    fn drop(&mut self) {
        if let Some(gauge) = &self.0 {
            gauge.decrement(1.0);
        }
    }
}

/// How long something took, where somebody wants to know.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
