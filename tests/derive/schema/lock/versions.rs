//! Names and versions of events that come and go. The texts are those of two programs.

use eventsourcing::schema::lock::compare;

use super::texts as changed;

const V1: &str = "event o/Added version 1\n  a: u8\n";
const V2: &str = "\nevent o/Added version 2\n  b: u16\n";

#[test]
fn a_new_version_beside_the_old_one_is_only_recorded() {
    let report = changed(V1, &format!("{V1}{V2}"));
    assert!(!report.passes());
    assert_eq!(report.refused(), 0);
    let expected = "\
state o
  note: what its events are read as changed (`alias`, `retired`, `legacy`, `upcast`): its snapshots are rebuilt by the next loads

event o/Added version 2 isn't recorded yet
";
    assert_eq!(report.to_string(), expected);
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
fn an_alias_that_is_lost_to_all_versions_is_said_once() {
    let aliased = "event o/Added version 1\n  a: u8\n\nevent o/Added version 2 (events, alias \"Put\")\n  b: u16\n";
    let report = changed(aliased, &aliased.replace(", alias \"Put\"", ""));
    let expected = "\
event o/Added version 2
  refused: rows named Put are no longer read
  `#[event(alias = \"Put\")]` on the event that such rows are.
";
    let text = report.to_string();
    assert!(text.contains(expected), "{text}");
    assert_eq!(text.matches("rows named Put").count(), 1, "{text}");
    // Lost to one of them: said of that one.
    let report = changed(
        aliased,
        "event o/Added version 2 (events, alias \"Put\")\n  b: u16\n",
    );
    let text = report.to_string();
    assert!(
        text.contains("event o/Added version 1\n  refused: rows named Put are no longer read"),
        "{text}"
    );
}

#[test]
fn an_old_version_keeps_its_shape() {
    let other = V1.replace("u8", "u16");
    let report = changed(&format!("{V1}{V2}"), &format!("{other}{V2}"));
    assert_eq!(report.refused(), 1);
    assert!(
        report
            .to_string()
            .ends_with("event o/Added version 1 is only read by now: leave its shape as it was, or make it a newtype of `serde_json::Value`.\n"),
        "{report}"
    );
}

#[test]
fn an_old_version_that_is_read_as_any_json() {
    let value = V1.replace("a: u8", "0: serde_json::Value");
    for old in [V1.to_owned(), format!("{V1}{V2}")] {
        let report = changed(&old, &format!("{value}{V2}"));
        assert_eq!(report.refused(), 0, "{report}");
        let text = report.to_string();
        assert!(
            text.contains("note: its rows are read as whatever JSON they have"),
            "{text}"
        );
    }
    let of_type = "event o/Added version 1 = Any\n";
    let any = "\nstruct Any = serde_json::Value\n";
    let report = changed(V1, &format!("{of_type}{V2}{any}"));
    assert_eq!(report.refused(), 0, "{report}");
    let legacy = value.replace("version 1", "version 1 (legacy)");
    assert_eq!(changed(V1, &legacy).refused(), 0);

    // What is still written has a shape, and a `Value` has no integers of 128 bits.
    assert_eq!(changed(V1, &value).refused(), 1);
    let large = V1.replace("a: u8", "i: I") + "\nstruct I\n  a: Option<NonZeroU128>\n";
    assert_eq!(changed(&large, &format!("{value}{V2}")).refused(), 1);
    let other = value.replace("Value", "Value (with \"other\")");
    assert_eq!(changed(V1, &format!("{other}{V2}")).refused(), 1);
    // Bytes of a positional codec don't say what they are.
    let positional =
        |blocks: &str| format!("format 1\nevents positional\n\nstate o version 1\n\n{blocks}");
    let report = compare(&positional(V1), &positional(&format!("{value}{V2}"))).unwrap();
    assert!(report.refused() > 0, "{report}");
    assert!(
        !report.to_string().contains("serde_json::Value`"),
        "{report}"
    );
}

#[test]
fn snapshots_are_rebuilt_when_events_are_read_as_others() {
    let note = "state o\n  note: what its events are read as changed";
    let rise = "event o/Up version 1 (events)\n";
    for (old, new) in [
        (rise, rise.replace("(events)", "(events, alias \"Rise\")")),
        (rise, format!("{rise}\nretired o/Rise\n")),
        (rise, rise.replace("(events)", "(legacy)")),
        (
            "event o/up version 1 (events, in code \"Up\")\n\nevent o/down version 1 (events, in code \"Down\")\n",
            "event o/down version 1 (events, in code \"Up\")\n\nevent o/up version 1 (events, in code \"Down\")\n".to_owned(),
        ),
    ] {
        let text = changed(old, &new).to_string();
        assert!(text.contains(note), "{text}");
        // Said once: raised versions are told of anyway.
        let file = |version: u8, blocks: &str| format!("format 1\n\nstate o version {version}\n\n{blocks}");
        let text = compare(&file(1, old), &file(2, &new)).unwrap().to_string();
        assert!(!text.contains(note) && text.contains("went up from 1 to 2"), "{text}");
    }
    for new in [
        rise.replace("(events)", "(events, in code \"Raised\")"),
        format!("{rise}\nevent o/Other version 1 (events)\n"),
    ] {
        let text = changed(rise, &new).to_string();
        assert!(!text.contains(note), "{text}");
    }
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

/// The file of one program, and what another one makes of it.
fn judged(old: &str, new: &str) -> (usize, String) {
    let report = changed(old, new);
    assert!(!report.is_empty(), "the file isn't behind");
    (report.refused(), report.to_string())
}

#[test]
fn an_event_that_moves_to_another_list() {
    let event = |list: &str| format!("event o/Closed version 1 ({list})\n");
    for (before, now) in [
        ("discard", "events"),
        ("events", "discard"),
        ("create", "events"),
        ("events", "create"),
    ] {
        let (refused, text) = judged(&event(before), &event(now));
        assert_eq!(refused, 1, "{text}");
        let expected = format!("refused: it stood in `{before}(...)` and stands in `{now}(...)`");
        assert!(text.contains(&expected), "{text}");
        let expected = format!("cure: leave `Closed` in `{before}(...)`, and give what stands in");
        assert!(text.contains(&expected), "{text}");
    }
    // Also of a row that an alias reads.
    let old = "event o/Ended version 1 (discard)\n";
    let new = "event o/Closed version 1 (events, alias \"Ended\")\n";
    assert_eq!(judged(old, new).0, 1);
    let (refused, text) = judged(old, &new.replace("events", "discard"));
    assert_eq!(refused, 0, "{text}");
}

#[test]
fn names_that_move_between_events_of_one_shape() {
    let old = "\
event o/down version 1 (events, in code \"Down\")

event o/up version 1 (events, in code \"Up\")
";
    let swapped = old
        .replace("\"Down\"", "\"?\"")
        .replace("\"Up\"", "\"Down\"");
    let swapped = swapped.replace("\"?\"", "\"Up\"");
    let (refused, text) = judged(old, &swapped);
    assert_eq!(refused, 2, "{text}");
    let expected = "\
  refused: rows named down are read as down (`Up`), and were read as down (`Down`)
    cure: `#[event(name = \"down\")]` on `Down` again, or `alias = \"down\"` if it has another name by now
";
    assert!(text.contains(expected), "{text}");

    // A type that is renamed, and keeps its stored name.
    let (refused, text) = judged(old, &old.replace("\"Up\"", "\"Raised\""));
    assert_eq!(refused, 0, "{text}");
    let expected = "note: rows named up are read as up (`Raised`), and were read as up (`Up`)";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn names_that_move_with_an_alias() {
    let old = "\
event o/Down version 1 (events)

event o/Up version 1 (events, alias \"Rise\")
";
    let moved = "\
event o/Down version 1 (events, alias \"Rise\")

event o/Up version 1 (events)
";
    let (refused, text) = judged(old, moved);
    assert_eq!(refused, 1, "{text}");
    let expected = "refused: rows named Rise are read as Down, and were read as Up\n    cure: `#[event(name = \"Rise\")]` on `Up` again, or `alias = \"Rise\"`";
    assert!(text.contains(expected), "{text}");
    let (refused, text) = judged(old, &old.replace("alias", "alias \"Raise\", alias"));
    assert_eq!(refused, 0, "{text}");
    let expected = "note: rows named Raise are read as Up, and were not read before";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn another_default_of_the_type_around() {
    let old = "event o/Added version 1\n  i: I\n\nstruct I\n  x: u8 (container default)\n";
    let (refused, text) = judged(old, &old.replace("default)", "default \"i\")"));
    assert_eq!(refused, 1, "{text}");
    let expected = "`x` is what `i` gives for it where a row hasn't got it, and was what the default of the type around it has";
    assert!(text.contains(expected), "{text}");
    assert_eq!(judged(old, &old.replace("container ", "")).0, 1);
}
