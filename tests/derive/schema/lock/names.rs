//! Names that fields and types get: rows are read under them, and snapshots may hold what came of them before.

use eventsourcing::{
    MemoryStore,
    prelude::*,
    schema::{Fingerprint, lock::compare},
};

use super::{changed, texts};

macro_rules! counter {
    ($module:ident, $version:literal, $field:ident, $changed:item) => {
        mod $module {
            use eventsourcing::prelude::*;
            use serde::{Deserialize, Serialize};

            #[derive(Event, Clone, Debug, Serialize, Deserialize)]
            pub(super) struct Begun;

            #[derive(Event, Clone, Debug, Serialize, Deserialize)]
            $changed

            #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
            #[aggregate(id = u32, schema_version = $version, create(Begun), events(Changed))]
            pub(super) struct Counter {
                pub(super) sum: u8,
            }

            impl CounterHandlers for Counter {
                fn begun(_: &u32, Begun: Begun) -> Self {
                    Self { sum: 0 }
                }

                fn changed(&mut self, event: Changed) {
                    self.sum += event.$field;
                }
            }
        }
    };
}

counter!(
    first,
    1,
    a,
    pub(super) struct Changed {
        pub(super) a: u8,
    }
);
counter!(
    forgotten,
    1,
    b,
    pub(super) struct Changed {
        #[serde(default)]
        pub(super) b: u8,
    }
);
counter!(
    late,
    1,
    b,
    pub(super) struct Changed {
        #[serde(default, alias = "a")]
        pub(super) b: u8,
    }
);
counter!(
    raised,
    2,
    b,
    pub(super) struct Changed {
        #[serde(default, alias = "a")]
        pub(super) b: u8,
    }
);

async fn sum<A: Aggregate<Id = u32>>(store: &MemoryStore, of: fn(&A) -> u8) -> u8 {
    let repository = Repository::<A>::builder(store.clone()).build().unwrap();
    of(repository.load(1).await.unwrap().state())
}

#[tokio::test]
async fn an_alias_that_was_forgotten() {
    let store = MemoryStore::new();
    let repository = Repository::<first::Counter>::builder(store.clone());
    let repository = repository.build().unwrap();
    let mut counter = repository.create(1, first::Begun);
    counter.record(first::Changed { a: 5 });
    repository.save(&mut counter).await.unwrap();
    // Without the alias a snapshot is stored.
    let builder = Repository::<forgotten::Counter>::builder(store.clone());
    let repository = builder.snapshots(SnapshotPolicy::always()).build().unwrap();
    let mut counter = repository.load(1).await.unwrap();
    counter.record(forgotten::Changed { b: 1 });
    repository.save(&mut counter).await.unwrap();

    // With the alias alone it stays in use, for good.
    assert_eq!(
        Fingerprint::of_state::<forgotten::Counter>(),
        Fingerprint::of_state::<late::Counter>()
    );
    assert_eq!(sum::<late::Counter>(&store, |counter| counter.sum).await, 1);
    let report = changed::<forgotten::Counter, late::Counter>();
    assert_eq!(report.refused(), 1, "{report}");
    let expected = "\
event counter/Changed version 1
  -   b: u8 (default)
  +   b: u8 (alias \"a\", default)
  refused: `b` is read under the name `a` as well: in stored rows that have it under that name it was absent so far, and snapshots hold what came of that
    cure: `schema_version = 2` of counter in the same change, which rebuilds them
";
    assert_eq!(report.to_string(), expected);

    assert_eq!(
        sum::<raised::Counter>(&store, |counter| counter.sum).await,
        6
    );
    let report = changed::<forgotten::Counter, raised::Counter>();
    assert_eq!(report.refused(), 0, "{report}");
    // In one step it was no mistake.
    let report = changed::<first::Counter, late::Counter>();
    assert!(report.passes() && !report.is_empty(), "{report}");
}

fn refused(old: &str, new: &str) -> (usize, String) {
    let event = |fields: &str| format!("event o/Added version 1 (create)\n{fields}");
    let report = texts(&event(old), &event(new));
    assert!(!report.is_empty(), "the file isn't behind");
    (report.refused(), report.to_string())
}

#[test]
fn names_of_what_may_be_absent() {
    for (old, new) in [
        ("  b: Option<u8>\n", "  b: Option<u8> (alias \"a\")\n"),
        (
            "  b: u8 (container default)\n",
            "  b: u8 (alias \"a\", container default)\n",
        ),
        // By its own name for reading.
        (
            "  b: u8 (default)\n",
            "  b: u8 (read as \"a\", alias \"b\", default)\n",
        ),
        // A rename that comes with one more name.
        (
            "  b: u8 (default)\n",
            "  c: u8 (alias \"a\", alias \"b\", default)\n",
        ),
        // In a type inside.
        (
            "  i: I\n\nstruct I\n  b: u8 (default)\n",
            "  i: I\n\nstruct I\n  b: u8 (alias \"a\", default)\n",
        ),
    ] {
        let (count, text) = refused(old, new);
        assert_eq!(count, 1, "{text}");
        assert!(
            text.contains("is read under the name `a` as well"),
            "{text}"
        );
        assert!(text.contains("`schema_version = 2` of o"), "{text}");
    }
    for (old, new) in [
        ("  b: u8\n", "  b: u8 (alias \"a\")\n"),
        ("  b: u8 (default)\n", "  c: u8 (alias \"b\", default)\n"),
        // Such rows were an error.
        (
            "  i: I\n\nstruct I (denies unknown fields)\n  b: u8 (default)\n",
            "  i: I\n\nstruct I (denies unknown fields)\n  b: u8 (alias \"a\", default)\n",
        ),
    ] {
        let (count, text) = refused(old, new);
        assert_eq!(count, 0, "{text}");
    }
}

#[test]
fn what_was_written_and_not_read() {
    for (old, new) in [
        ("  b: u8 (default, not read)\n", "  b: u8 (default)\n"),
        ("  b: u8 (not read)\n", "  b: u8 (default)\n"),
        (
            "  b: Option<u8> (not read)\n",
            "  c: Option<u8> (alias \"b\")\n",
        ),
        (
            "  b: Option<u8> (read as \"c\")\n",
            "  b: Option<u8> (alias \"c\")\n",
        ),
        (
            "  b: Option<u8> (read as \"c\")\n",
            "  c: Option<u8> (alias \"b\")\n",
        ),
        // In a type inside.
        (
            "  i: I\n\nstruct I\n  b: u8 (default, not read)\n",
            "  i: I\n\nstruct I\n  b: u8 (default)\n",
        ),
    ] {
        let (count, text) = refused(old, new);
        assert_eq!(count, 1, "{text}");
        assert!(text.contains("which was not read so far"), "{text}");
        assert!(text.contains("`schema_version = 2` of o"), "{text}");

        let event = |version: u8, fields: &str| {
            format!(
                "format 1\n\nstate o version {version}\n\nevent o/Added version 1 (create)\n{fields}"
            )
        };
        let report = compare(&event(1, old), &event(2, new)).expect("both are lock files");
        assert_eq!(report.refused(), 0, "{report}");
    }
    for (old, new) in [
        // Such rows were an error.
        (
            "  i: I\n\nstruct I (denies unknown fields)\n  b: u8 (default, not read)\n",
            "  i: I\n\nstruct I (denies unknown fields)\n  b: u8 (default)\n",
        ),
        // No row has it.
        ("  b: u8 (default, not written)\n", "  b: u8 (default)\n"),
    ] {
        let (count, text) = refused(old, new);
        assert_eq!(count, 0, "{text}");
    }
    // A row from before the field was written was read.
    let (_, text) = refused("  b: u8 (not read)\n", "  b: u8\n");
    assert!(
        text.contains("can be absent from stored rows, and is required"),
        "{text}"
    );
    // Still not read: nothing is lost by that, unless it is something else instead.
    let unread = "event o/Added version 1 (create)\n  b: u8 (default, not read)\n";
    assert!(texts(unread, unread).is_empty());
    let (count, text) = refused(
        "  b: u8 (default \"seven\", not read)\n",
        "  b: u8 (default \"eight\", not read)\n",
    );
    assert_eq!(count, 1, "{text}");
}

#[test]
fn variants_that_were_written_and_not_read() {
    let unread = "  k: K\n\nenum K\n  A\n  B (not read)\n  C (other)\n";
    let event = format!("event o/Added version 1 (create)\n{unread}");
    assert!(texts(&event, &event).is_empty());
    for read in ["  B\n", "  D (alias \"B\")\n", "  D (read as \"B\")\n"] {
        let (count, text) = refused(unread, &unread.replace("  B (not read)\n", read));
        assert_eq!(count, 1, "{text}");
        let expected = "rows with `B`, if there are any, were read as `C`";
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_type_of_the_same_form_under_another_name() {
    let old = "  x: Eur\n\nstruct Eur\n  0: u8\n";
    let (count, text) = refused(old, &old.replace("Eur", "Yen"));
    assert_eq!(count, 0, "{text}");
    let expected =
        "note: `x` was `Eur` and is `Yen`: stored rows are read as that, whatever it means";
    assert!(text.contains(expected), "{text}");

    let old = "  x: Vec<M<Eur>>\n\nstruct Eur\n\nstruct M<Eur>\n  minor: u8\n  c: Eur\n";
    let (count, text) = refused(old, &old.replace("Eur", "Usd"));
    assert_eq!(count, 0, "{text}");
    assert!(
        text.contains("note: `x` was `M<Eur>` and is `M<Usd>`"),
        "{text}"
    );

    // Written as what is in them.
    let old = "  x: Eur\n\nstruct Eur = u8\n";
    let (count, text) = refused(old, &old.replace("Eur", "Yen"));
    assert_eq!(count, 0, "{text}");
    assert!(text.contains("note: `x` was `Eur` and is `Yen`"), "{text}");

    // A module before the name is none of it.
    let old = "  x: Eur\n\nstruct Eur\n  0: u8\n";
    let (_, text) = refused(old, &old.replace("Eur", "money::Eur"));
    assert!(!text.contains("whatever it means"), "{text}");
}
