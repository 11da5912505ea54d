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
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) name: &'static str,
    /// All that it may say.
    pub(crate) fields: Vec<&'static str>,
    pub(crate) values: Values,
    /// The name of the span it was made in.
    pub(crate) parent: Option<&'static str>,
}

#[derive(Debug, Default)]
struct State {
    spans: BTreeMap<u64, Seen>,
    entered: Vec<u64>,
    events: Vec<(Level, Values)>,
}

/// Clones share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept {
    state: Arc<Mutex<State>>,
    next: Arc<AtomicU64>,
}

impl Kept {
    pub(crate) fn spans(&self) -> Vec<Seen> {
        self.state.lock().unwrap().spans.values().cloned().collect()
    }

    pub(crate) fn named(&self, name: &str) -> Vec<Seen> {
        let mut spans = self.spans();
        spans.retain(|span| span.name == name);
        spans
    }

    /// What the events of this level said.
    pub(crate) fn events(&self, level: Level) -> Vec<Values> {
        let state = self.state.lock().unwrap();
        let events = state.events.iter().filter(|(of, _)| *of == level);
        events.map(|(_, values)| values.clone()).collect()
    }

    /// How many spans somebody is in.
    pub(crate) fn entered(&self) -> usize {
        self.state.lock().unwrap().entered.len()
    }
}

/// What a span or an event says, by field.
type Values = BTreeMap<&'static str, String>;

struct Fields<'a>(&'a mut Values);

impl Visit for Fields<'_> {
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
        let entered = state.entered.last().filter(|_| attributes.is_contextual());
        let parent = entered.and_then(|id| state.spans.get(id));
        let metadata = attributes.metadata();
        let mut seen = Seen {
            name: metadata.name(),
            fields: metadata.fields().iter().map(|field| field.name()).collect(),
            parent: parent.map(|parent| parent.name),
            ..Seen::default()
        };
        attributes.record(&mut Fields(&mut seen.values));
        state.spans.insert(id, seen);
        span::Id::from_u64(id)
    }

    fn record(&self, id: &span::Id, values: &span::Record<'_>) {
        let mut state = self.state.lock().unwrap();
        let span = state
            .spans
            .get_mut(&id.into_u64())
            .expect("a span that is known");
        values.record(&mut Fields(&mut span.values));
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut values = BTreeMap::new();
        event.record(&mut Fields(&mut values));
        self.state
            .lock()
            .unwrap()
            .events
            .push((*event.metadata().level(), values));
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
