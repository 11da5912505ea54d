//! What a run found: every subject of every workload, with each round's value.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    Result,
    sample::{Checked, Latencies, Sample, float},
    subjects::Subject,
    workloads::Workload,
};

#[derive(Debug, Serialize)]
pub(crate) struct Results {
    pub(crate) machine: Machine,
    pub(crate) workloads: Vec<Measured>,
}

/// What the figures depend on.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    /// Runnable processes, averaged over a minute, before and after: whether others worked on it.
    pub(crate) load_before: String,
    pub(crate) load_after: String,
    /// The median write and sync of 4 KiB.
    pub(crate) sync_microseconds: f64,
    pub(crate) sqlite: String,
    pub(crate) rounds: usize,
    pub(crate) quick: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) unit: &'static str,
    pub(crate) floor: Option<Subject>,
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) subject: Subject,
    pub(crate) did_not_run: Option<String>,
    /// One a round.
    pub(crate) values: Vec<f64>,
    pub(crate) median: f64,
    /// Microseconds, of all rounds: half, 99 % and 99.9 % of calls took no longer.
    pub(crate) latencies: Option<[f64; 3]>,
    pub(crate) bytes_per_event: Option<f64>,
    pub(crate) peak_memory_mebibytes: Option<f64>,
    /// The median of the rounds' own ratios.
    pub(crate) ratio_to_floor: Option<f64>,
    /// Summed over the rounds.
    pub(crate) checked: Option<Checked>,
}

/// What was measured of a subject, and why it wasn't.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    pub(crate) samples: Vec<Sample>,
    pub(crate) did_not_run: Option<String>,
}

impl Measured {
    pub(crate) fn new(workload: &Workload, samples: &BTreeMap<Subject, Samples>) -> Result<Self> {
        let floor = workload.floor().and_then(|floor| samples.get(&floor));
        let mut rows = Vec::new();
        for subject in &workload.subjects {
            if let Some(of) = samples.get(subject) {
                let floor = floor.filter(|_| workload.floor() != Some(*subject));
                rows.push(row(*subject, of, floor)?);
            }
        }
        Ok(Self {
            name: workload.name.clone(),
            title: workload.title.clone(),
            unit: workload.unit().name(),
            floor: workload.floor(),
            rows,
        })
    }

    pub(crate) fn row(&self, subject: Subject) -> Option<&Row> {
        let mut rows = self.rows.iter();
        rows.find(|row| row.subject == subject && !row.values.is_empty())
    }
}

fn row(subject: Subject, of: &Samples, floor: Option<&Samples>) -> Result<Row> {
    let values: Vec<f64> = of.samples.iter().map(|sample| sample.value).collect();
    let all = of
        .samples
        .iter()
        .flat_map(|sample| sample.latencies.iter().copied());
    let latencies = Latencies::of(all)?;
    let floor: Option<Vec<f64>> =
        floor.map(|floor| floor.samples.iter().map(|sample| sample.value).collect());
    let medians =
        |of_sample: fn(&Sample) -> Option<f64>| median(of.samples.iter().filter_map(of_sample));
    let mut checked = None::<Checked>;
    for each in of.samples.iter().filter_map(|sample| sample.checked) {
        checked.get_or_insert_default().add(each);
    }
    Ok(Row {
        subject,
        did_not_run: of.did_not_run.clone(),
        median: median(values.iter().copied()).unwrap_or(f64::NAN),
        latencies: (!latencies.is_empty())
            .then(|| [0.5, 0.99, 0.999].map(|quantile| latencies.at(quantile).as_secs_f64() * 1e6)),
        bytes_per_event: medians(|sample| sample.bytes_per_event),
        peak_memory_mebibytes: medians(|sample| {
            sample.peak_memory.map(|bytes| float(bytes) / 1_048_576.0)
        }),
        ratio_to_floor: floor.and_then(|floor| ratio(&values, &floor)),
        values,
        checked,
    })
}

/// The median of the ratios of values of the same round.
pub(crate) fn ratio(of: &[f64], to: &[f64]) -> Option<f64> {
    median(of.iter().zip(to).map(|(of, to)| of / to))
}

pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let (below, above) = (values.len().checked_sub(1)? / 2, values.len() / 2);
    Some(f64::midpoint(values[below], values[above]))
}
