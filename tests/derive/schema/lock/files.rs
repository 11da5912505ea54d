//! The file: its text, rewriting, `CI`, and texts that are no lock files.

use std::fs;

use eventsourcing::{
    prelude::*,
    schema::lock::{SchemaLock, Update},
};
use serde::{Deserialize, Serialize};

macro_rules! aggregate {
    ($module:ident, $name:ident, $handlers:ident, $event:item) => {
        mod $module {
            #![allow(dead_code)]

            use super::*;

            #[derive(Event, Clone, Debug, Serialize, Deserialize)]
            $event

            #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
            #[aggregate(id = String, create(Begun))]
            pub(super) struct $name {
                at: super::At,
            }

            impl $handlers for $name {
                fn begun(_: &String, _: Begun) -> Self {
                    unreachable!("the test runs no handler")
                }
            }
        }
    };
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct At {
    #[serde(rename = "0")]
    zero: u8,
    #[serde(rename = "odd, (name) \"quoted\"\\")]
    odd: Option<(u8, [u16; 2])>,
}

aggregate!(
    cart,
    Cart,
    CartHandlers,
    pub(super) struct Begun {
        a: u8,
    }
);
aggregate!(
    newer_cart,
    Cart,
    CartHandlers,
    pub(super) struct Begun {
        a: u8,
        #[serde(default)]
        b: u8,
    }
);
aggregate!(
    wrong_cart,
    Cart,
    CartHandlers,
    pub(super) struct Begun {
        b: u8,
    }
);
aggregate!(
    order,
    Order,
    OrderHandlers,
    #[event(alias = "Two", alias = "One")]
    pub(super) struct Begun;
);

fn both() -> SchemaLock {
    SchemaLock::new("x")
        .aggregate::<order::Order>()
        .aggregate::<cart::Cart>()
}

#[test]
fn the_order_of_aggregates_plays_no_part() {
    let other = SchemaLock::new("x")
        .aggregate::<cart::Cart>()
        .aggregate::<order::Order>();
    assert_eq!(both().text(), other.text());
    let expected = "\
state cart version 1
  at: At

event cart/Begun version 1 (create)
  a: u8

state order version 1
  at: At

event order/Begun version 1 (create, alias \"One\", alias \"Two\")

struct At
  \"0\": u8
  \"odd, (name) \\\"quoted\\\"\\\\\": Option<(u8, [u16; 2])>
";
    assert!(
        both().text().ends_with(&format!("format 1\n\n{expected}")),
        "{}",
        both().text()
    );
    assert!(
        other
            .compare(&both().text())
            .expect("a lock file")
            .is_empty()
    );
}

#[test]
fn line_breaks_comments_and_order_are_free() {
    let text = both().text();
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert!(both().compare(&windows).expect("a lock file").is_empty());
    let comment = text.replace("struct At", "# ours\n\n\nstruct At");
    assert!(both().compare(&comment).expect("a lock file").is_empty());
}

#[test]
fn a_text_that_is_no_lock_file() {
    let text = both().text();
    for (text, expected) in [
        (
            String::new(),
            "x:1: this is no schema lock: it has no line `format 1`",
        ),
        (
            "{}".into(),
            "x:1: this is no schema lock: it doesn't begin with `format 1`",
        ),
        (
            text.replace("format 1", "format 2"),
            "x:3: it has format 2, and this version of eventsourcing reads format 1: update eventsourcing",
        ),
        (
            text.replace(
                "  a: u8\n",
                "<<<<<<< HEAD\n  a: u8\n=======\n  a: u16\n>>>>>>> other\n",
            ),
            "x:9: a merge left its marker here: keep the lines of either side, then see what the test says",
        ),
        (
            format!("{text}\nstruct At\n"),
            "x:20: `struct At` is there already: delete one of both blocks",
        ),
        (
            text.replace("a: u8", "a: Vec<u8"),
            "x:9: `>` is expected before ``",
        ),
        (
            text.replace("a: u8", "a: u8 (shy)"),
            "x:9: `shy)` isn't known here",
        ),
        (
            text.replace("event cart", "happening cart"),
            "x:8: a block begins with `state`, `event`, `retired`, `struct` or `enum`, and not with `happening cart/Begun version 1 (create)`",
        ),
        (
            text.replace("Begun version 1 (create)\n  a", "Begun version one\n  a"),
            "x:8: `` is no version",
        ),
        (
            text.replace("  a: u8", "   a: u8"),
            "x:9: a field is indented by 2, one of a variant by 4",
        ),
    ] {
        let error = both().compare(&text).expect_err("it is no lock file");
        assert_eq!(error.to_string(), expected, "{text}");
    }
    let deep = text.replace(
        "a: u8",
        &format!("a: {}u8{}", "Vec<".repeat(100_000), ">".repeat(100_000)),
    );
    assert_eq!(
        both()
            .compare(&deep)
            .expect_err("it is too deep")
            .to_string(),
        "x:9: a type is too deep"
    );
}

#[test]
fn the_file_is_written_when_asked_for_and_never_under_ci() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("schemas.lock");
    let read = || fs::read_to_string(&path).ok();
    let lock = || SchemaLock::new(&path);
    let old = || lock().aggregate::<cart::Cart>();

    let shown = path.display().to_string();
    let error = old().check().expect_err("there is none");
    let expected = format!(
        "{shown} and the program differ.\n\nthere is no such file yet\n\nIf that is what you want: `UPDATE_SCHEMAS=1 cargo test`, and commit the file."
    );
    assert_eq!(error.to_string(), expected);
    let error = old()
        .update(Update::NotUnderCi)
        .check()
        .expect_err("there is none");
    assert!(error.to_string().ends_with("The file was not written: the variable `CI` is set. Run the test where it isn't, and commit the file."), "{error}");
    assert_eq!(read(), None);

    let checked = old()
        .update(Update::Record)
        .check()
        .expect("it is recorded");
    assert!(checked.is_written());
    let text = read().expect("it is written");
    assert_eq!(text, old().text());
    let checked = old()
        .update(Update::Record)
        .check()
        .expect("it is recorded");
    assert!(!checked.is_written() && checked.report().is_empty());
    assert_eq!(old().check().expect("it is recorded").to_string(), "");

    // With the line breaks of Windows it stays as it is.
    fs::write(&path, text.replace('\n', "\r\n")).expect("it is written");
    assert!(
        !old()
            .update(Update::Record)
            .check()
            .expect("it is the same")
            .is_written()
    );
    fs::write(&path, &text).expect("it is written");

    // Behind: passes, says so, is written when asked for.
    let newer = || lock().aggregate::<newer_cart::Cart>();
    let checked = newer().check().expect("what is stored is read");
    let expected = format!(
        "\
event cart/Begun version 1
  +   b: u8 (default)
  note: `b` is new, and its default in stored rows

{shown} is behind. Stored rows are read. `UPDATE_SCHEMAS=1` records it.
"
    );
    assert_eq!(checked.to_string(), expected);
    let checked = newer()
        .update(Update::NotUnderCi)
        .check()
        .expect("what is stored is read");
    assert!(
        checked
            .to_string()
            .ends_with("It was not written: the variable `CI` is set.\n"),
        "{checked}"
    );
    assert_eq!(read().as_ref(), Some(&text));
    assert!(
        newer()
            .update(Update::Record)
            .check()
            .expect("it is recorded")
            .is_written()
    );
    assert_eq!(read(), Some(newer().text()));

    // Refused: only by force.
    fs::write(&path, &text).expect("it is written");
    let wrong = || lock().aggregate::<wrong_cart::Cart>();
    for update in [Update::Never, Update::Record, Update::NotUnderCi] {
        let error = wrong().update(update).check().expect_err("it is refused");
        assert_eq!(
            error
                .report()
                .map(eventsourcing::schema::lock::Report::refused),
            Some(1)
        );
        assert_eq!(read().as_ref(), Some(&text));
    }
    let error = wrong()
        .update(Update::Record)
        .check()
        .expect_err("it is refused");
    assert!(error.to_string().ends_with("The file was not written: 1 refused. Mend that, then `UPDATE_SCHEMAS=1 cargo test`. If no such event was ever stored: `UPDATE_SCHEMAS=force cargo test`."), "{error}");
    assert!(
        wrong()
            .update(Update::Force)
            .check()
            .expect("it is forced")
            .is_written()
    );
    assert_eq!(read(), Some(wrong().text()));
}

#[test]
fn the_variables() {
    for (update, ci, expected) in [
        (None, None, Update::Never),
        (Some(""), None, Update::Never),
        (Some("0"), Some("true"), Update::Never),
        (Some("1"), None, Update::Record),
        (Some("force"), None, Update::Force),
        (Some("1"), Some(""), Update::Record),
        (Some("1"), Some("false"), Update::Record),
        (Some("1"), Some("0"), Update::Record),
        (Some("1"), Some("true"), Update::NotUnderCi),
        (Some("force"), Some("1"), Update::NotUnderCi),
    ] {
        assert_eq!(
            Update::from_values(update, ci),
            expected,
            "{update:?} {ci:?}"
        );
    }
}

#[test]
fn two_aggregates_of_one_name() {
    let lock = both().aggregate::<newer_cart::Cart>();
    let error = lock.compare(&both().text()).expect_err("the blocks clash");
    assert!(error.to_string().contains("is there already"), "{error}");
}

// Two in one module.
eventsourcing::schema_lock!("derive/schema/lock/both.lock", order::Order, cart::Cart);
eventsourcing::schema_lock!("derive/schema/lock/cart.lock", cart::Cart,; events = positional);
