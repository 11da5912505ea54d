//! A recorder that keeps everything.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

/// Everything that was recorded of one key, in order.
#[derive(Debug, Default)]
pub(super) struct Series(Mutex<Vec<f64>>);

impl Series {
    fn push(&self, value: f64) {
        self.0.lock().unwrap().push(value);
    }

    pub(super) fn values(&self) -> Vec<f64> {
        self.0.lock().unwrap().clone()
    }
}

impl CounterFn for Series {
    fn increment(&self, value: u64) {
        self.push(u32::try_from(value).unwrap().into());
    }

    fn absolute(&self, _: u64) {
        panic!("counters are incremented");
    }
}

impl GaugeFn for Series {
    fn increment(&self, value: f64) {
        self.push(value);
    }

    fn decrement(&self, value: f64) {
        self.push(-value);
    }

    fn set(&self, _: f64) {
        panic!("two repositories of one type would overwrite each other");
    }
}

impl HistogramFn for Series {
    fn record(&self, value: f64) {
        self.push(value);
    }
}

/// A gauge that shows what is, of one place: it is set, and the last value counts.
struct Shown(Arc<Series>);

impl GaugeFn for Shown {
    fn increment(&self, _: f64) {
        panic!("it is set");
    }

    fn decrement(&self, _: f64) {
        panic!("it is set");
    }

    fn set(&self, value: f64) {
        self.0.push(value);
    }
}

/// A metric's kind and labels, as `key=value`.
type Id = (&'static str, String, Vec<String>);

#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Kind, unit and description by name.
    pub(super) described: Mutex<BTreeMap<String, (&'static str, Unit, String)>>,
    series: Mutex<BTreeMap<Id, Arc<Series>>>,
}

impl Kept {
    fn series(&self, kind: &'static str, key: &Key) -> Arc<Series> {
        let labels = key
            .labels()
            .map(|of| format!("{}={}", of.key(), of.value()));
        let id = (kind, key.name().to_owned(), labels.collect());
        let mut series = self.series.lock().unwrap();
        Arc::clone(series.entry(id).or_default())
    }

    fn describe(&self, kind: &'static str, name: &KeyName, unit: Option<Unit>, text: &str) {
        let described = (kind, unit.expect("a unit"), text.to_owned());
        let mut all = self.described.lock().unwrap();
        assert!(all.insert(name.as_str().to_owned(), described).is_none());
    }

    /// What was recorded of this name under exactly these labels.
    pub(super) fn values(&self, name: &str, labels: &[&str]) -> Vec<f64> {
        let series = self.series.lock().unwrap();
        let found = series
            .iter()
            .find(|((_, n, l), _)| n == name && l == labels);
        found.map(|(_, series)| series.values()).unwrap_or_default()
    }

    pub(super) fn sum(&self, name: &str, labels: &[&str]) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "counts"
        )]
        let sum = self.values(name, labels).iter().sum::<f64>() as u64;
        sum
    }

    /// Kind, name and labels of all that was recorded.
    pub(super) fn ids(&self) -> Vec<Id> {
        self.series.lock().unwrap().keys().cloned().collect()
    }
}

impl Recorder for Kept {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe("counter", &name, unit, &text);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe("gauge", &name, unit, &text);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe("histogram", &name, unit, &text);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series("counter", key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let series = self.series("gauge", key);
        if key.labels().any(|label| label.key() == "database") {
            return Gauge::from_arc(Arc::new(Shown(series)));
        }
        Gauge::from_arc(series)
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.series("histogram", key))
    }
}
