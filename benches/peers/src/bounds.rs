//! What the library is held to, each bound a ratio of two subjects of the same run.

use serde::Serialize;

use crate::{
    results::{Measured, Results, ratio},
    subjects::Subject::{self, Bare, Bulk, Cqrs, Empty, Ours, PythonEventsourcing, StateOnly},
};

/// A ratio, and which side of it is good.
#[derive(Debug, Clone, Copy)]
enum Limit {
    AtMost(f64),
    AtLeast(f64),
    /// Not a ratio: how much more, in the workload's unit.
    Above(f64),
}

use Limit::{Above, AtLeast, AtMost};

/// The library's figure in a workload, against another's.
const BOUNDS: &[(&str, Subject, Limit)] = &[
    ("load/10000", Bare, AtMost(1.25)),
    ("load/10000", PythonEventsourcing, AtMost(1.0 / 20.0)),
    ("load/10000", Cqrs, AtMost(1.0 / 8.0)),
    ("snapshot/small", Bare, AtMost(2.5)),
    ("append/own/1/1-callers", Bare, AtLeast(0.75)),
    ("append/own/1/64-callers", Bare, AtLeast(6.0)),
    ("append/own/1/256-callers", Bare, AtLeast(10.0)),
    ("execute/64-callers", Cqrs, AtLeast(7.0)),
    ("postgres/snapshot", Bare, AtMost(2.5)),
    ("postgres/append/1-callers", Bare, AtLeast(0.7)),
    ("postgres/append/32-callers", Bulk, AtLeast(0.5)),
    ("postgres/append/32-callers", Cqrs, AtLeast(4.0)),
    ("postgres/load/10000", Cqrs, AtMost(1.0 / 2.5)),
    ("memory", StateOnly, Above(64.0)),
    ("large/hot", Empty, AtMost(1.3)),
    ("large/random", Empty, AtMost(2.5)),
];

/// A bound beside what was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Held {
    pub(crate) workload: &'static str,
    pub(crate) against: Subject,
    pub(crate) bound: String,
    pub(crate) measured: String,
    pub(crate) is_kept: bool,
}

/// Those whose figures this run has.
pub(crate) fn of(results: &Results) -> Vec<Held> {
    let held = |(workload, against, limit): &(&'static str, Subject, Limit)| {
        let measured = results
            .workloads
            .iter()
            .find(|each| each.name == *workload)?;
        compare(measured, workload, *against, *limit)
    };
    BOUNDS.iter().filter_map(held).collect()
}

fn compare(
    measured: &Measured,
    workload: &'static str,
    against: Subject,
    limit: Limit,
) -> Option<Held> {
    let (ours, other) = (measured.row(Ours)?, measured.row(against)?);
    let ratio = ratio(&ours.values, &other.values)?;
    let more = ours.median - other.median;
    let (bound, measured, is_kept) = match limit {
        AtMost(most) if most < 1.0 => (
            format!("at least {:.1} times faster", 1.0 / most),
            format!("{:.1}", 1.0 / ratio),
            ratio <= most,
        ),
        AtMost(most) => (
            format!("at most {most} times as long"),
            format!("{ratio:.2}"),
            ratio <= most,
        ),
        AtLeast(least) => (
            format!("at least {least} times the rate"),
            format!("{ratio:.2}"),
            ratio >= least,
        ),
        Above(most) => (
            format!("less than {most} {} more", measured.unit),
            format!("{more:.1}"),
            more < most,
        ),
    };
    Some(Held {
        workload,
        against,
        bound,
        measured,
        is_kept,
    })
}
