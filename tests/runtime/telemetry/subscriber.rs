//! A subscriber that keeps spans, what they said, and who was whose parent.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) name: &'static str,
    /// All that it may say.
    pub(super) fields: Vec<&'static str>,
    pub(super) values: BTreeMap<&'static str, String>,
    /// The name of the span it was made in.
    pub(super) parent: Option<&'static str>,
}

#[derive(Debug, Default)]
struct State {
    spans: BTreeMap<u64, Seen>,
    entered: Vec<u64>,
    events: Vec<BTreeMap<&'static str, String>>,
}

/// Clones share.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    state: Arc<Mutex<State>>,
    next: Arc<AtomicU64>,
}

impl Kept {
    pub(super) fn spans(&self) -> Vec<Seen> {
        self.state.lock().unwrap().spans.values().cloned().collect()
    }

    pub(super) fn named(&self, name: &str) -> Vec<Seen> {
        let mut spans = self.spans();
        spans.retain(|span| span.name == name);
        spans
    }

    /// How many spans somebody is in.
    pub(super) fn entered(&self) -> usize {
        self.state.lock().unwrap().entered.len()
    }
}

struct Values<'a>(&'a mut BTreeMap<&'static str, String>);

impl Visit for Values<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl Subscriber for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("eventsourcing")
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let mut state = self.state.lock().unwrap();
        let parent = state.entered.last().and_then(|id| state.spans.get(id));
        let metadata = attributes.metadata();
        let mut seen = Seen {
            name: metadata.name(),
            fields: metadata.fields().iter().map(|field| field.name()).collect(),
            parent: parent.map(|parent| parent.name),
            ..Seen::default()
        };
        attributes.record(&mut Values(&mut seen.values));
        state.spans.insert(id, seen);
        span::Id::from_u64(id)
    }

    fn record(&self, id: &span::Id, values: &span::Record<'_>) {
        let mut state = self.state.lock().unwrap();
        let span = state
            .spans
            .get_mut(&id.into_u64())
            .expect("a span that is known");
        values.record(&mut Values(&mut span.values));
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut values = BTreeMap::new();
        event.record(&mut Values(&mut values));
        self.state.lock().unwrap().events.push(values);
    }

    fn enter(&self, id: &span::Id) {
        self.state.lock().unwrap().entered.push(id.into_u64());
    }

    fn exit(&self, id: &span::Id) {
        let last = self.state.lock().unwrap().entered.pop();
        assert_eq!(
            last,
            Some(id.into_u64()),
            "the span entered last is left first"
        );
    }
}
