//! Types that are written or read as other ones (`into`, `from`, `try_from`).

use super::{changed, texts};

/// An event with a range that is checked when it is read, over the form that is read.
macro_rules! checked {
    ($module:ident, $raw:item, $to:ident) => {
        mod $module {
            use eventsourcing::prelude::*;
            use serde::{Deserialize, Serialize};

            #[derive(Schema, Clone, Debug, Serialize, Deserialize)]
            $raw

            #[derive(Schema, Clone, Debug, Serialize, Deserialize)]
            #[serde(try_from = "Raw")]
            pub(super) struct Checked {
                pub(super) from: u8,
                pub(super) to: u8,
            }

            impl TryFrom<Raw> for Checked {
                type Error = String;

                fn try_from(raw: Raw) -> Result<Self, String> {
                    if raw.from > 9 {
                        return Err("too high".to_owned());
                    }
                    Ok(Self { from: raw.from, to: raw.$to })
                }
            }

            #[derive(Event, Clone, Debug, Serialize, Deserialize)]
            pub(super) struct Set {
                pub(super) range: Checked,
            }

            #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
            #[aggregate(id = String, create(Set))]
            pub(super) struct Range;

            impl RangeHandlers for Range {
                fn set(_: &String, _: Set) -> Self {
                    Self
                }
            }
        }
    };
}

checked!(
    before,
    pub(super) struct Raw {
        from: u8,
        to: u8,
    },
    to
);
checked!(
    after,
    pub(super) struct Raw {
        from: u8,
        #[serde(default)]
        until: u8,
    },
    until
);
checked!(
    aliased,
    pub(super) struct Raw {
        from: u8,
        #[serde(default, alias = "to")]
        until: u8,
    },
    until
);

#[test]
fn what_is_only_read_through_another_type() {
    let range = before::Checked { from: 1, to: 2 };
    let row = serde_json::to_string(&before::Set { range }).unwrap();
    let read = |set: after::Set| (set.range.from, set.range.to);
    // The value is lost.
    assert_eq!(read(serde_json::from_str(&row).unwrap()), (1, 0));
    let report = changed::<before::Range, after::Range>();
    assert_eq!(report.refused(), 1, "{report}");
    let expected = "\
struct Raw
  in event range/Set version 1
  -   to: u8
  +   until: u8 (default)
  refused: `to` is gone: what stored rows have of it would be lost
    cure: if `until` is its new name, `#[serde(alias = \"to\")]` on that
";
    assert!(report.to_string().contains(expected), "{report}");

    assert!(changed::<before::Range, before::Range>().is_empty());
    let set: aliased::Set = serde_json::from_str(&row).unwrap();
    assert_eq!((set.range.from, set.range.to), (1, 2));
    let report = changed::<before::Range, aliased::Range>();
    assert!(report.passes() && !report.is_empty(), "{report}");
}

/// An event with a field of type X, and these blocks.
fn with(blocks: &str) -> String {
    format!("event o/Added version 1 (create)\n  x: X\n\n{blocks}\n")
}

fn judged(old: &str, new: &str) -> (usize, String) {
    let report = texts(&with(old), &with(new));
    assert!(!report.is_empty(), "the file isn't behind");
    (report.refused(), report.to_string())
}

#[test]
fn what_is_unchanged_is_so_though_its_forms_differ() {
    for blocks in [
        "struct X (read as u8)\n  0: NonZeroU8\n",
        "struct X (written as String)\n  0: u8\n",
        "struct X (written as W, read as R)\n\nstruct R\n  a: u16\n  b: u8 (default)\n\nstruct W\n  a: u8\n",
        "struct X (read as R)\n  a: u8\n  next: Vec<X>\n\nstruct R (read as u8)\n  x: Option<X>\n",
    ] {
        let report = texts(&with(blocks), &with(blocks));
        assert!(report.is_empty(), "{report}");
    }
}

#[test]
fn what_is_only_written_through_another_type() {
    let old = "struct X (written as W)\n  a: u8\n\nstruct W\n  a: u8\n";
    let (refused, text) = judged(
        old,
        &old.replace(
            "(written as W)\n  a: u8",
            "(written as W)\n  b: u8 (default)",
        ),
    );
    assert_eq!(refused, 1, "{text}");
    assert!(text.contains("refused: `a` is gone"), "{text}");
    // New rows are written otherwise; stored ones are read as before.
    let (refused, text) = judged(
        old,
        &old.replace("struct W\n  a: u8", "struct W\n  a: u8\n  c: u8"),
    );
    assert_eq!(refused, 0, "{text}");
    assert!(
        text.contains("struct W\n  in event o/Added version 1\n  +   c: u8\n"),
        "{text}"
    );
}

#[test]
fn a_whole_event() {
    let old = "event o/Added version 1 (create, read as R)\n  a: u8\n\nstruct R\n  a: u8\n";
    let new = old.replace("struct R\n  a: u8", "struct R\n  b: u8 (default)");
    assert!(texts(old, old).is_empty());
    let report = texts(old, &new);
    assert_eq!(report.refused(), 1, "{report}");
    assert!(report.to_string().contains("`a` is gone"), "{report}");
}

#[test]
fn another_conversion_of_the_same_form() {
    let old = "struct X (written as R, read as R)\n\nstruct R\n  0: u8\n";
    let (refused, text) = judged(old, &old.replace('R', "Q"));
    assert_eq!(refused, 1, "{text}");
    let expected = "refused: it was read through `R` and is read through `Q`: another conversion\n    cure: the same conversion, from `R`\n";
    assert!(text.contains(expected), "{text}");

    let old = "struct X (written as String, read as String)\n";
    let new =
        "struct X (written as String, read as String, into \"Box<str>\", from \"Box<str>\")\n";
    let (refused, text) = judged(old, new);
    assert_eq!(refused, 1, "{text}");
    assert!(
        text.contains("it was read through `String` and is read through `Box<str>`"),
        "{text}"
    );
    let (refused, text) = judged(old, &new.replace(", from \"Box<str>\"", ""));
    assert_eq!(refused, 0, "{text}");
    assert!(
        text.contains("note: it is written through another type"),
        "{text}"
    );
}

#[test]
fn a_conversion_that_comes_or_goes() {
    let (plain, read) = ("struct X\n  0: u8\n", "struct X (read as u8)\n  0: u8\n");
    let (refused, text) = judged(plain, read);
    assert_eq!(refused, 1, "{text}");
    assert!(
        text.contains("it was read as itself and is read through `u8`"),
        "{text}"
    );
    let (refused, text) = judged(read, plain);
    assert_eq!(refused, 1, "{text}");
    assert!(
        text.contains("it was read through `u8` and is read as itself"),
        "{text}"
    );
    let (refused, text) = judged(plain, "struct X (written as u8)\n  0: u8\n");
    assert_eq!(refused, 0, "{text}");
}

#[test]
fn what_was_written_and_not_read() {
    let old = "struct X (read as R)\n  a: u8\n  b: u8\n\nstruct R\n  a: u8\n";
    let new = old.replace("struct R\n  a: u8", "struct R\n  a: u8\n  b: u8 (default)");
    let (refused, text) = judged(old, &new);
    assert_eq!(refused, 1, "{text}");
    let expected =
        "refused: what is written of struct X would be read otherwise: so far, `b` is gone";
    assert!(text.contains(expected), "{text}");
    // Both would be read as one.
    let new = old.replace("struct R\n  a: u8", "struct R\n  a: u8 (alias \"b\")");
    let (refused, text) = judged(old, &new);
    assert!(refused > 0, "{text}");
    let expected = "`b` and `a` would both be read as `a`, which is an error";
    assert!(text.contains(expected), "{text}");
    // A field of which no row has anything.
    let new = old.replace("struct R\n  a: u8", "struct R\n  a: u8\n  c: u8 (default)");
    assert_eq!(judged(old, &new).0, 0);
}
