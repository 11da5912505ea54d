//! Comparing an output with an expected text that has patterns in it.
//!
//! `{id}` is a UUID, `{time}` a UTC time to the microsecond, `{ms}` a number with two decimals, `{percent}` one with one
//! decimal that may be negative. `{id:name}` and `{time:name}` keep what they found; where a name comes again, the
//! same text must.

use std::collections::HashMap;

#[derive(Debug, Default)]
pub(super) struct Found(HashMap<String, String>);

impl Found {
    pub(super) fn value(&self, name: &str) -> &str {
        &self.0[name]
    }
}

/// Compares line by line; gives what the named patterns found, or the first difference.
pub(super) fn compare(expected: &str, actual: &str) -> Result<Found, String> {
    let mut found = Found::default();
    let (mut wanted, mut lines) = (expected.lines(), actual.lines());
    for number in 1.. {
        match (wanted.next(), lines.next()) {
            (None, None) => break,
            (Some(pattern), Some(line)) if matches(pattern, line, &mut found) => {}
            (pattern, line) => {
                return Err(format!(
                    "line {number}\n expected: {pattern:?}\n actual:   {line:?}"
                ));
            }
        }
    }
    Ok(found)
}

fn matches(pattern: &str, line: &str, found: &mut Found) -> bool {
    // An item is printed in braces itself; only what a kind follows is a pattern.
    let Some((start, kind, name, end)) = first_pattern(pattern) else {
        return pattern == line;
    };
    let Some(rest) = line.strip_prefix(&pattern[..start]) else {
        return false;
    };
    let length = rest.len().min(kind.length(rest));
    let Some((text, rest)) = rest.split_at_checked(length) else {
        return false;
    };
    if !kind.is(text) {
        return false;
    }
    if let Some(name) = name {
        let before = found.0.entry(name.to_owned()).or_insert(text.to_owned());
        if before != text {
            return false;
        }
    }
    matches(&pattern[end..], rest, found)
}

#[derive(Clone, Copy)]
enum Kind {
    Id,
    Time,
    Decimals(usize),
}

fn first_pattern(pattern: &str) -> Option<(usize, Kind, Option<&str>, usize)> {
    pattern.match_indices('{').find_map(|(start, _)| {
        let end = start + pattern[start..].find('}')?;
        let (kind, name) = match pattern[start + 1..end].split_once(':') {
            Some((kind, name)) => (kind, Some(name)),
            None => (&pattern[start + 1..end], None),
        };
        let kind = match kind {
            "id" => Kind::Id,
            "time" => Kind::Time,
            "ms" => Kind::Decimals(2),
            "percent" => Kind::Decimals(1),
            _ => return None,
        };
        Some((start, kind, name, end + 1))
    })
}

impl Kind {
    /// How much of the rest of the line belongs to it.
    fn length(self, rest: &str) -> usize {
        match self {
            Self::Id => "550e8400-e29b-41d4-a716-446655440000".len(),
            Self::Time => "2024-01-15 10:30:45.123456+00:00".len(),
            Self::Decimals(_) => rest
                .find(|c: char| !c.is_ascii_digit() && !"-.".contains(c))
                .unwrap_or(rest.len()),
        }
    }

    fn is(self, text: &str) -> bool {
        match self {
            Self::Id => uuid::Uuid::parse_str(text).is_ok() && text == text.to_lowercase(),
            Self::Time => {
                let shape = "dddd-dd-dd dd:dd:dd.dddddd+00:00";
                text.len() == shape.len()
                    && text.chars().zip(shape.chars()).all(|(c, of)| match of {
                        'd' => c.is_ascii_digit(),
                        of => c == of,
                    })
            }
            Self::Decimals(decimals) => {
                let unsigned = match decimals {
                    1 => text.strip_prefix('-').unwrap_or(text),
                    _ => text,
                };
                let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
                unsigned.split_once('.').is_some_and(|(whole, part)| {
                    !whole.is_empty() && digits(whole) && part.len() == decimals && digits(part)
                })
            }
        }
    }
}

#[test]
fn a_planted_difference_is_found() {
    let expected = "Version: 3\nid {id:a} again {id:a}\nload {ms}ms, {percent}%\n";
    let (a, b) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    let good = format!("Version: 3\nid {a} again {a}\nload 0.25ms, -7.5%\n");
    assert!(compare(expected, &good).is_ok());
    let bad = [
        good.replace("Version: 3", "Version: 4"),
        good.replacen(&a.to_string(), &b.to_string(), 1),
        good.replace("0.25", "0.255"),
        good.replace("0.25", "-0.25"),
        good.replace("-7.5", "NaN"),
        good.replace("load", " load"),
        good.clone() + "more\n",
        good.replace("\nload", "\n\nload"),
        good.lines().take(2).collect::<Vec<_>>().join("\n"),
    ];
    for text in bad {
        assert!(compare(expected, &text).is_err(), "{text}");
    }
}
