//! Names that serde's attributes make: a description has those that serde writes and reads.

use eventsourcing::{prelude::*, schema::Description};
use serde::{Deserialize, Serialize};

use super::holder::{Began, check, state};

/// The names of the fields as they are described, and as serde writes them.
macro_rules! check_rule {
    ($rule:literal) => {{
        #[derive(Schema, Serialize, Deserialize)]
        #[serde(rename_all = $rule)]
        struct Measured {
            größe_über_alles: u8,
            plain_ä: u8,
        }

        #[derive(Schema, Serialize, Deserialize)]
        #[serde(rename_all = $rule)]
        enum Size {
            GrößeÜberAlles,
        }

        let value = Measured {
            größe_über_alles: 1,
            plain_ä: 2,
        };
        let text = Description::of::<Measured>().to_string();
        let written = serde_json::to_value(value).unwrap();
        for name in written.as_object().unwrap().keys() {
            let line = |line: &str| {
                line.trim_start()
                    .trim_matches('"')
                    .starts_with(&format!("{name}"))
            };
            assert!(
                text.lines().skip(1).any(line),
                "{}: {name} in {text}",
                $rule
            );
        }
        let text = Description::of::<Size>().to_string();
        let written = serde_json::to_value(Size::GrößeÜberAlles).unwrap();
        let name = written.as_str().unwrap();
        assert!(
            text.contains(&format!("\n  {name}\n")),
            "{}: {name} in {text}",
            $rule
        );
    }};
}

#[test]
fn other_letters_than_ascii() {
    check_rule!("lowercase");
    check_rule!("UPPERCASE");
    check_rule!("PascalCase");
    check_rule!("camelCase");
    check_rule!("snake_case");
    check_rule!("SCREAMING_SNAKE_CASE");
    check_rule!("kebab-case");
    check_rule!("SCREAMING-KEBAB-CASE");
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
enum Half {
    #[serde(rename_all(serialize = "snake_case"))]
    Known { is_it: Option<u32> },
}

#[test]
fn a_rule_for_one_direction_leaves_the_other_to_the_type() {
    assert_eq!(
        serde_json::to_string(&Half::Known { is_it: Some(1) }).unwrap(),
        r#"{"Known":{"is_it":1}}"#
    );
    let read = serde_json::from_str::<Half>(r#"{"Known":{"isIt":1}}"#).unwrap();
    assert!(matches!(read, Half::Known { is_it: Some(1) }));
    assert_eq!(
        Description::of::<Half>().to_string(),
        "enum Half\n  Known\n    is_it: Option<u32> (read as \"isIt\")\n"
    );
    check(
        state!(Half),
        &["bincode"],
        "Holder.inner.Known.is_it",
        "is written as `is_it` and read as `isIt`",
    );
}

#[derive(Schema, Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Moved {
    #[serde(rename(serialize = "x", deserialize = "old", deserialize = "x"))]
    a: u32,
    #[serde(rename(serialize = "y"))]
    #[serde(rename(deserialize = "z"), alias = "y")]
    b: Kind,
}

#[derive(Schema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(serialize = "camelCase"))]
#[serde(rename_all(deserialize = "camelCase"))]
enum Kind {
    #[serde(rename(serialize = "one", deserialize = "one", deserialize = "eins"))]
    First,
    SecondOne,
}

#[test]
fn several_names_are_read() {
    let moved = Moved {
        a: 1,
        b: Kind::First,
    };
    assert_eq!(
        serde_json::to_string(&moved).unwrap(),
        r#"{"x":1,"y":"one"}"#
    );
    for row in [r#"{"x":1,"y":"one"}"#, r#"{"old":1,"z":"eins"}"#] {
        assert_eq!(serde_json::from_str::<Moved>(row).unwrap(), moved, "{row}");
    }
    let expected = "\
struct Moved
  x: u32 (read as \"old\", alias \"x\")
  y: Kind (read as \"z\", alias \"y\")

enum Kind
  one (alias \"eins\")
  secondOne
";
    assert_eq!(Description::of::<Moved>().to_string(), expected);
    check(state!(Moved), &["json", "bincode", "silent"], "", "");
}
