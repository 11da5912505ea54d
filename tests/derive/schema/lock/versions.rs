//! Names and versions of events that come and go. The texts are those of two programs.

use eventsourcing::schema::lock::{Report, compare};

fn changed(old: &str, new: &str) -> Report {
    let file = |blocks: &str| format!("format 1\n\nstate o version 1\n\n{blocks}");
    compare(&file(old), &file(new)).expect("both are lock files")
}

const V1: &str = "event o/Added version 1\n  a: u8\n";
const V2: &str = "\nevent o/Added version 2\n  b: u16\n";

#[test]
fn a_new_version_beside_the_old_one_is_only_recorded() {
    let report = changed(V1, &format!("{V1}{V2}"));
    assert!(!report.passes());
    assert_eq!(report.refused(), 0);
    assert_eq!(
        report.to_string(),
        "event o/Added version 2 isn't recorded yet\n"
    );
}

#[test]
fn a_new_version_without_the_old_one() {
    let report = changed(V1, V2);
    assert_eq!(report.refused(), 1);
    let expected = "\
event o/Added version 1
  refused: rows of version 1 are no longer read
  Keep the old shape as `AddedV1` with `#[event(name = \"Added\", version = 1)]`, give `Added` `version = 2, upcast(AddedV1)`, and write `impl From<AddedV1> for Added`.

event o/Added version 2 isn't recorded yet
";
    assert_eq!(report.to_string(), expected);
}

#[test]
fn an_old_version_keeps_its_shape() {
    let other = V1.replace("u8", "u16");
    let report = changed(&format!("{V1}{V2}"), &format!("{other}{V2}"));
    assert_eq!(report.refused(), 1);
    assert!(
        report
            .to_string()
            .ends_with("event o/Added version 1 is only read by now: leave its shape as it was.\n"),
        "{report}"
    );
}

#[test]
fn an_event_that_is_gone() {
    let report = changed(V1, "event o/Put version 1\n  a: u8\n");
    assert_eq!(report.refused(), 1);
    let expected = "\
event o/Added version 1
  refused: it is gone: its rows are an error of every load
  If it has a new name: `#[event(alias = \"Added\")]` on the event.
  If other events stand for it: `legacy(Added)` on the aggregate, and `impl From<Added> for Vec<…Event>`.
  If its rows mean nothing any more: `retired(\"Added\")` on the aggregate.

event o/Put version 1 isn't recorded yet
";
    assert_eq!(report.to_string(), expected);
}

#[test]
fn an_event_that_another_reads() {
    let put = "event o/Put version 1 (alias \"Added\")\n  a: u8\n";
    let report = changed(V1, put);
    assert!(report.passes() && !report.is_empty(), "{report}");
    assert!(
        report
            .to_string()
            .contains("rows named Added are read as Put"),
        "{report}"
    );
    let report = changed(V1, &put.replace("u8", "u16"));
    assert_eq!(report.refused(), 1, "{report}");
    let report = changed(put, "event o/Put version 1\n  a: u8\n");
    assert_eq!(report.refused(), 1, "{report}");
    assert!(
        report.to_string().contains("`#[event(alias = \"Added\")]`"),
        "{report}"
    );
    // Rows of the alias are another event's by now, which has another shape.
    let report = changed(
        put,
        "event o/Put version 1\n  a: u8\n\nevent o/Other version 1 (alias \"Added\")\n  a: u16\n",
    );
    assert_eq!(report.refused(), 1, "{report}");
    assert!(
        report.to_string().contains("`a` was `u8` and is `u16`"),
        "{report}"
    );
    // An alias on the newest version reads the old ones' rows under that name as well.
    let report = changed(
        put,
        "event o/Put version 1\n  a: u8\n\nevent o/Put version 2 (alias \"Added\")\n",
    );
    assert_eq!(report.refused(), 0, "{report}");
}

#[test]
fn an_event_that_is_legacy_or_retired() {
    let report = changed(V1, "event o/Added version 1 (legacy)\n  a: u8\n");
    assert!(report.passes() && !report.is_empty(), "{report}");
    let retired = "retired o/Added\n";
    let report = changed(V1, retired);
    assert!(report.passes(), "{report}");
    assert!(report.to_string().contains("it is retired"), "{report}");
    let report = changed(retired, "");
    assert_eq!(report.refused(), 1, "{report}");
    assert!(
        report.to_string().contains("Keep `retired(\"Added\")`"),
        "{report}"
    );
    assert!(changed(retired, V1).refused() > 0);
}

#[test]
fn aggregates() {
    let one = "format 1\n\nstate a version 1\n";
    let two = "format 1\n\nstate a version 1\n\nstate b version 1\n\nevent b/X version 1\n";
    let report = compare(one, two).expect("both are lock files");
    assert_eq!(report.to_string(), "aggregate b isn't recorded yet\n");
    assert!(!report.passes() && report.refused() == 0);
    let report = compare(two, one).expect("both are lock files");
    assert_eq!(report.refused(), 1);
    assert!(
        report
            .to_string()
            .contains("List b in this file's `schema_lock!`"),
        "{report}"
    );
}
