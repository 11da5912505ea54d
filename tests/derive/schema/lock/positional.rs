//! Events that are written by a codec that has no names, and rows by name from before.

use eventsourcing::{
    MemoryStore,
    codec::{Bincode, Json},
    prelude::*,
    schema::lock::{Report, SchemaLock, Update},
};

macro_rules! cart {
    ($module:ident, $begun:item) => {
        mod $module {
            #![allow(dead_code)]

            use eventsourcing::prelude::*;
            use serde::{Deserialize, Serialize};

            fn nine() -> u8 {
                9
            }

            #[derive(Event, Clone, Debug, Serialize, Deserialize)]
            $begun

            #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
            #[aggregate(id = u32, create(Begun))]
            pub(super) struct Cart {
                begun: String,
            }

            impl CartHandlers for Cart {
                fn begun(_: &u32, event: Begun) -> Self {
                    Self { begun: format!("{event:?}") }
                }
            }

            impl Cart {
                pub(super) fn begun(&self) -> &str {
                    &self.begun
                }
            }
        }
    };
}

cart!(
    a,
    pub(super) struct Begun {
        pub(super) a: u8,
    }
);
cart!(
    a_alias,
    pub(super) struct Begun {
        #[serde(alias = "z")]
        pub(super) a: u8,
    }
);
cart!(
    b_alias,
    pub(super) struct Begun {
        #[serde(alias = "a")]
        b: u8,
    }
);
cart!(
    b,
    pub(super) struct Begun {
        b: u8,
    }
);
cart!(
    ab,
    pub(super) struct Begun {
        pub(super) a: u8,
        pub(super) b: u8,
    }
);
cart!(
    ba,
    pub(super) struct Begun {
        b: u8,
        a: u8,
    }
);
cart!(
    b_default,
    pub(super) struct Begun {
        a: u8,
        #[serde(default)]
        b: u8,
    }
);
cart!(
    b_nine,
    pub(super) struct Begun {
        a: u8,
        #[serde(default = "nine")]
        b: u8,
    }
);

fn by_name<A: Aggregate>() -> SchemaLock {
    SchemaLock::new("x").aggregate::<A>()
}

fn by_place<A: Aggregate>() -> SchemaLock {
    by_name::<A>().positional_events()
}

fn judged(old: &SchemaLock, new: &SchemaLock) -> Report {
    new.compare(&old.text()).expect("it is a lock file")
}

/// What a row is read as that the first program stored by this codec.
macro_rules! reread {
    ($old:ident, $event:expr, $codec:expr, $new:ident) => {{
        let store = MemoryStore::new();
        let old = Repository::<$old::Cart>::builder(store.clone()).event_codec($codec);
        let old = old.build().unwrap();
        old.save(&mut old.create(1, $event)).await.unwrap();
        let new = Repository::<$new::Cart>::builder(store).build().unwrap();
        let root = new.load(1).await;
        root.map(|root| root.state().begun().to_owned()).ok()
    }};
}

#[test]
fn the_file_says_so_and_only_then() {
    assert!(
        by_place::<a::Cart>()
            .text()
            .contains("\nformat 1\nevents positional\n\nstate cart")
    );
    assert_eq!(
        by_place::<a::Cart>()
            .text()
            .replace("events positional\n", ""),
        by_name::<a::Cart>().text()
    );
    assert!(judged(&by_place::<a::Cart>(), &by_place::<a::Cart>()).is_empty());
    let twice = by_place::<a::Cart>().text() + "\nevents positional\n";
    let error = by_place::<a::Cart>().compare(&twice).unwrap_err();
    assert!(error.to_string().contains("is there already"), "{error}");
    for other in ["events positional\n  a: u8\n", "events by name\n"] {
        let text = by_place::<a::Cart>()
            .text()
            .replace("events positional\n", other);
        assert!(by_place::<a::Cart>().compare(&text).is_err());
    }
}

#[tokio::test]
async fn rows_by_name_are_looked_at_as_well() {
    // By place nothing differs, and rows from before are read by name.
    let read = reread!(a, a::Begun { a: 5 }, Json, b_alias);
    assert_eq!(read.as_deref(), Some("Begun { b: 5 }"));
    assert_eq!(reread!(a, a::Begun { a: 5 }, Json, b), None);
    let report = judged(&by_place::<b_alias::Cart>(), &by_place::<b::Cart>());
    assert_eq!(report.refused(), 1, "{report}");
    let expected = "`b` is no longer read under the name `a`, which stored rows may have";
    assert!(report.to_string().contains(expected), "{report}");

    let report = judged(&by_place::<b_default::Cart>(), &by_place::<b_nine::Cart>());
    assert_eq!(report.refused(), 1, "{report}");
    let expected = "`b` is what `nine` gives where a row hasn't got it";
    assert!(report.to_string().contains(expected), "{report}");
    let report = judged(&by_place::<b_default::Cart>(), &by_place::<ab::Cart>());
    assert_eq!(report.refused(), 1, "{report}");

    let report = judged(&by_place::<a::Cart>(), &by_place::<a_alias::Cart>());
    assert!(report.passes() && !report.is_empty(), "{report}");
    // Read by name, and not by place: nothing is said of the former.
    let report = judged(&by_place::<a::Cart>(), &by_place::<b_default::Cart>());
    assert_eq!(report.refused(), 1, "{report}");
    let text = report.to_string();
    assert!(text.contains("a positional codec reads by place"), "{text}");
    assert!(!text.contains("note:"), "{text}");
}

#[tokio::test]
async fn rows_by_place_stay_when_the_codec_changes() {
    let event = || ab::Begun { a: 1, b: 2 };
    let read = reread!(ab, event(), Json, ba);
    assert_eq!(read.as_deref(), Some("Begun { b: 2, a: 1 }"));
    // What by name is no change has the values trade places.
    let read = reread!(ab, event(), Bincode, ba);
    assert_eq!(read.as_deref(), Some("Begun { b: 1, a: 2 }"));
    let (recorded, by_name) = (by_place::<ab::Cart>(), by_name::<ba::Cart>());
    let report = judged(&recorded, &by_name);
    assert_eq!(report.refused(), 2, "{report}");
    let text = report.to_string();
    assert!(text.contains("a positional codec reads by place"), "{text}");
    let expected = "\
events positional
  refused: it is no longer said that events are positional: rows that were written by place are read by place, and nothing would compare the places
  `events = positional` in this file's `schema_lock!` again, for as long as such rows are stored, whatever new ones are written by.
";
    assert!(text.contains(expected), "{text}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schemas.lock");
    std::fs::write(&path, by_place::<ab::Cart>().text()).unwrap();
    let lock = || SchemaLock::new(&path).aggregate::<ab::Cart>();
    assert!(lock().update(Update::Record).check().is_err());
    assert!(lock().update(Update::Force).check().unwrap().is_written());
    assert!(
        !std::fs::read_to_string(&path)
            .unwrap()
            .contains("positional")
    );
}

#[test]
fn a_positional_codec_is_recorded() {
    let report = judged(&by_name::<a::Cart>(), &by_place::<a::Cart>());
    assert!(!report.passes() && report.refused() == 0);
    let expected = "that events are positional isn't recorded yet\n";
    assert_eq!(report.to_string(), expected);
    let report = judged(&by_name::<a::Cart>(), &by_place::<b_alias::Cart>());
    assert_eq!(report.refused(), 1, "{report}");
}
