//! Events and states that a codec can't keep: nothing is stored that would read back as something else.

use std::{error::Error as _, sync::Arc};

use eventsourcing::{
    Application, ErrorKind, EventStore, SnapshotMode,
    codec::{Bincode, Codec, Json},
    prelude::*,
};
use serde::{Deserialize, Serialize};

type Store = Arc<dyn EventStore>;

#[derive(Schema, Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Nested(Vec<Nested>);

impl Nested {
    fn deep(levels: usize) -> Self {
        (1..levels).fold(Self(Vec::new()), |inner, _| Self(vec![inner]))
    }
}

/// Written as what is in it.
#[derive(Schema, Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Maybe(Option<u8>);

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Begun {
    number: f64,
}

#[derive(Event, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Noted {
    number: f64,
    maybe: Option<f64>,
    #[schema(trusted)]
    twice: Option<Maybe>,
    nested: Nested,
}

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ended {
    number: f64,
}

#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(name = "notes", id = String, snapshot_codec = Json, create(Begun), events(Noted), discard(Ended))]
pub(crate) struct Notes {
    last: Noted,
    count: u64,
    /// Follows from events that JSON can keep, and is nothing that it can keep itself.
    ratio: f64,
}

impl NotesHandlers for Notes {
    fn begun(_: &String, event: Begun) -> Self {
        Notes {
            last: Noted::default(),
            count: 0,
            ratio: event.number,
        }
    }

    fn noted(&mut self, event: Noted) {
        self.ratio = 1.0 / event.number;
        self.last = event;
        self.count += 1;
    }
}

fn fine() -> Noted {
    Noted {
        number: 1.0,
        maybe: Some(-0.0),
        twice: Some(Maybe(Some(1))),
        nested: Nested::deep(126),
    }
}

fn unfaithful() -> Vec<(Noted, &'static str)> {
    let number = f64::NAN;
    let maybe = Some(f64::INFINITY);
    let (twice, nested) = (Some(Maybe(None)), Nested::deep(127));
    vec![
        (Noted { number, ..fine() }, "NaN"),
        (Noted { maybe, ..fine() }, "inf"),
        (Noted { twice, ..fine() }, "Some(None)"),
        (Noted { nested, ..fine() }, "nested deeper"),
    ]
}

fn notes(store: &Store) -> Repository<Notes> {
    Repository::builder(Arc::clone(store)).build().unwrap()
}

fn id() -> String {
    "main".to_owned()
}

async fn begun(notes: &Repository<Notes>) -> Root<Notes> {
    let mut root = notes.create(id(), Begun { number: 1.0 });
    root.record(fine());
    notes.save(&mut root).await.unwrap();
    root
}

fn check(error: &eventsourcing::Error, at: u64, why: &str) {
    assert_eq!(*error.kind(), ErrorKind::Unfaithful);
    assert_eq!(error.version(), Some(at.into()));
    assert!(!error.is_retryable());
    let text = error.to_string();
    assert!(text.contains("event \"Noted\" in json"), "{text}");
    assert!(text.contains("`event_codec(…)`"), "{text}");
    let source = error.source().unwrap().to_string();
    assert!(source.contains(why), "{source}");
}

pub(crate) async fn an_unfaithful_event_stores_nothing_and_the_stream_goes_on(store: Store) {
    let notes = notes(&store);
    let mut root = begun(&notes).await;
    for (event, why) in unfaithful() {
        let mut spoilt = notes.load(id()).await.unwrap();
        let before = spoilt.version();
        // What comes before and after it is not stored either.
        spoilt.record((fine(), event.clone(), fine()));
        for _ in 0..2 {
            let error = notes.save(&mut spoilt).await.unwrap_err();
            check(&error, before.get() + 2, why);
            assert_eq!(spoilt.pending().len(), 3);
        }
        let command = notes
            .execute(id(), |_| Ok::<_, std::convert::Infallible>(event.clone()))
            .await;
        check(
            command.unwrap_err().failure().unwrap(),
            before.get() + 1,
            why,
        );
        assert_eq!(notes.load(id()).await.unwrap().version(), before);
        root.record(fine());
        notes.save(&mut root).await.unwrap();
        let loaded = notes.load(id()).await.unwrap();
        assert_eq!(
            (loaded.version(), loaded.state()),
            (root.version(), root.state())
        );
    }
}

pub(crate) async fn an_unfaithful_creation_leaves_the_id_free(store: Store) {
    let notes = notes(&store);
    let mut root = notes.create(id(), Begun { number: f64::NAN });
    let error = notes.save(&mut root).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unfaithful);
    assert!(!notes.contains(id()).await.unwrap());
    begun(&notes).await;
}

pub(crate) async fn an_unfaithful_discard_leaves_the_root_as_it_was(store: Store) {
    let notes = notes(&store);
    let mut root = begun(&notes).await;
    let error = notes
        .discard(&mut root, Ended { number: f64::NAN })
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unfaithful);
    assert!(!root.is_discarded());
    root.record(fine());
    notes.save(&mut root).await.unwrap();
    notes
        .discard(&mut root, Ended { number: 0.5 })
        .await
        .unwrap();
}

pub(crate) async fn one_unfaithful_root_stores_nothing_of_the_others(store: Store) {
    let app = Application::builder(Arc::clone(&store)).build().unwrap();
    let notes = app.repository::<Notes>().unwrap();
    let mut good = notes.create("good".to_owned(), Begun { number: 1.0 });
    let mut bad = notes.create("bad".to_owned(), Begun { number: f64::NAN });
    let error = app.save_all((&mut good, &mut bad)).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unfaithful);
    assert_eq!(error.stream().unwrap().id(), "bad");
    assert!(!notes.contains("good".to_owned()).await.unwrap());
    notes.save(&mut good).await.unwrap();
}

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Measured {
    number: f64,
    twice: Option<Maybe>,
}

#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(id = String, create(Measured))]
struct Gauge {
    last: Measured,
}

impl GaugeHandlers for Gauge {
    fn measured(_: &String, event: Measured) -> Self {
        Self { last: event }
    }
}

pub(crate) async fn another_codec_keeps_what_json_cannot(store: Store) {
    let builder = || Repository::<Gauge>::builder(Arc::clone(&store));
    let refused = builder().build().unwrap_err().to_string();
    assert!(refused.contains("`Measured.twice`"), "{refused}");
    let gauges = builder().event_codec(Bincode).build().unwrap();
    let measured = Measured {
        number: f64::INFINITY,
        twice: Some(Maybe(None)),
    };
    let mut root = gauges.create(id(), measured);
    gauges.save(&mut root).await.unwrap();
    assert_eq!(gauges.load(id()).await.unwrap().state(), root.state());
}

pub(crate) async fn an_unfaithful_state_is_a_counted_failure(store: Store) {
    assert_eq!(<Notes as Aggregate>::SnapshotCodec::NAME, "json");
    for mode in [SnapshotMode::Sync, SnapshotMode::Background] {
        let notes = Repository::<Notes>::builder(Arc::clone(&store))
            .snapshots(SnapshotPolicy::always())
            .snapshot_mode(mode)
            .build()
            .unwrap();
        let id = format!("{mode:?}");
        let mut root = notes.create(id.clone(), Begun { number: 1.0 });
        root.record(Noted::default());
        assert!(root.ratio.is_infinite());
        notes.save(&mut root).await.unwrap();
        notes.await_pending_snapshots().await;
        assert_eq!(notes.snapshot_stats().failed, 1);
        assert!(notes.snapshots(&id).await.unwrap().is_empty());
        let error = notes.create_snapshot(&root).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Unfaithful);
        assert_eq!(notes.load(&id).await.unwrap().state(), root.state());
    }
}
