//! Names: snake and camel case, serde's renaming rules, keywords, the nearest known word.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;

/// `HTTPMoved` → `http_moved`, `ItemV2Added` → `item_v2_added`, `r#Type` → `type`.
pub(crate) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|i| letters.get(i));
        let starts_a_word = letter.is_uppercase()
            && before.is_some_and(|&b| {
                let ends_an_acronym =
                    b.is_uppercase() && letters.get(at + 1).is_some_and(|c| c.is_lowercase());
                b != '_' && (!b.is_uppercase() || ends_an_acronym)
            });
        if starts_a_word {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

/// `basket_added` → `BasketAdded`.
pub(crate) fn upper_camel(snake: &str) -> String {
    snake
        .split('_')
        .filter(|word| !word.is_empty())
        .map(capitalized)
        .collect()
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}

/// A field's name under `#[serde(rename_all = "…")]`; unchanged under a rule that serde doesn't know. Serde changes the case
/// of ASCII letters alone: `größe` is `GRößE`.
pub(crate) fn renamed(field: &str, rule: &str) -> String {
    let pascal = || {
        let mut out = String::new();
        let mut starts_a_word = true;
        for letter in field.chars() {
            if letter == '_' {
                starts_a_word = true;
            } else if starts_a_word {
                out.push(letter.to_ascii_uppercase());
                starts_a_word = false;
            } else {
                out.push(letter);
            }
        }
        out
    };
    match rule {
        "UPPERCASE" | "SCREAMING_SNAKE_CASE" => field.to_ascii_uppercase(),
        "PascalCase" => pascal(),
        "camelCase" => first_lower(&pascal()),
        "kebab-case" => field.replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => field.to_ascii_uppercase().replace('_', "-"),
        _ => field.to_owned(),
    }
}

/// A variant's name under `#[serde(rename_all = "…")]`; unchanged under a rule that serde doesn't know.
pub(crate) fn renamed_variant(variant: &str, rule: &str) -> String {
    let snake = || {
        let mut out = String::new();
        for (at, letter) in variant.char_indices() {
            if at > 0 && letter.is_uppercase() {
                out.push('_');
            }
            out.push(letter.to_ascii_lowercase());
        }
        out
    };
    match rule {
        "lowercase" => variant.to_ascii_lowercase(),
        "UPPERCASE" => variant.to_ascii_uppercase(),
        "camelCase" => first_lower(variant),
        "snake_case" => snake(),
        "SCREAMING_SNAKE_CASE" => snake().to_ascii_uppercase(),
        "kebab-case" => snake().replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => snake().to_ascii_uppercase().replace('_', "-"),
        _ => variant.to_owned(),
    }
}

fn first_lower(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// What is left of a name without what parts its words: whatever rule it is written by.
pub(crate) fn letters(name: &str) -> String {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Words that can't stand as a name without `r#`, in any edition.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Words that can't stand as a name at all.
const RESERVED: &[&str] = &["self", "super", "crate", "Self", "_"];

/// The name as an identifier, raw where it must be; `None` if it can't be one.
pub(crate) fn identifier(name: &str, span: Span) -> Option<Ident> {
    if RESERVED.contains(&name) {
        None
    } else if KEYWORDS.contains(&name) {
        Some(Ident::new_raw(name, span))
    } else {
        Some(Ident::new(name, span))
    }
}

/// The text of an identifier without `r#`.
pub(crate) fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// Tokens as a person would write them: `basket::Added<u32>`, not `basket :: Added < u32 >`.
pub(crate) fn shown(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (spaced, tight) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" ::", "::"),
        (" < ", "<"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        ("& ", "&"),
        (" (", "("),
        ("- ", "-"),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}

/// Code in a text, as a path of a function, with no more spaces than it needs.
pub(crate) fn unspaced(code: &str) -> String {
    fn add(tokens: TokenStream, out: &mut String) {
        for token in tokens {
            let (open, close, inner) = match token {
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Parenthesis => ("(", ")"),
                        Delimiter::Brace => ("{", "}"),
                        Delimiter::Bracket => ("[", "]"),
                        Delimiter::None => ("", ""),
                    };
                    (open.to_owned(), close, group.stream())
                }
                other => (other.to_string(), "", TokenStream::new()),
            };
            let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            if is_word(out.chars().last()) && is_word(open.chars().next()) {
                out.push(' ');
            }
            out.push_str(&open);
            add(inner, out);
            out.push_str(close);
        }
    }
    let Ok(tokens) = code.parse() else {
        return code.trim().to_owned();
    };
    let mut out = String::new();
    add(tokens, &mut out);
    out
}

/// The known word that `written` was most likely meant to be.
pub(crate) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written = written.to_lowercase();
    known
        .into_iter()
        .filter_map(|word| {
            let far = distance(&written, word);
            let contains = written.len() > 2
                && (word.contains(written.as_str()) || (written.contains(word) && word.len() > 2));
            let near = far <= 1 + word.len().min(written.len()) / 4 || contains;
            near.then_some((far, word))
        })
        .min_by_key(|&(far, _)| far)
        .map(|(_, word)| word)
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for i in 1..=one.len() {
        let mut row = vec![i];
        for j in 1..=other.len() {
            let same = usize::from(one[i - 1] != other[j - 1]);
            let mut best = (rows[i - 1][j] + 1)
                .min(row[j - 1] + 1)
                .min(rows[i - 1][j - 1] + same);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::{identifier, nearest, renamed, renamed_variant, snake, unspaced, upper_camel};
    use proc_macro2::Span;

    #[test]
    fn snake_case() {
        for (camel, expected) in [
            ("OrderCreated", "order_created"),
            ("HTTPMoved", "http_moved"),
            ("MovedHTTP", "moved_http"),
            ("ItemV2Added", "item_v2_added"),
            ("Item2Added", "item2_added"),
            ("ABTested", "ab_tested"),
            ("A", "a"),
            ("Already_Snaked", "already_snaked"),
            ("plain", "plain"),
            ("ÄpfelGezählt", "äpfel_gezählt"),
        ] {
            assert_eq!(snake(camel), expected, "{camel}");
        }
    }

    #[test]
    fn camel_case() {
        assert_eq!(upper_camel("basket_added"), "BasketAdded");
        assert_eq!(upper_camel("v2_added"), "V2Added");
        assert_eq!(upper_camel("type"), "Type");
    }

    #[test]
    fn code_has_no_spaces_it_can_do_without() {
        assert_eq!(unspaced(" a :: b "), "a::b");
        assert_eq!(unspaced("Vec :: < u8 > :: is_empty"), "Vec::<u8>::is_empty");
        assert_eq!(unspaced("Box<dyn  Fn( u8 )>"), "Box<dyn Fn(u8)>");
        assert_eq!(unspaced(" no ( code "), "no ( code");
    }

    #[test]
    fn serde_rules() {
        for (rule, expected) in [
            ("lowercase", "two_words"),
            ("UPPERCASE", "TWO_WORDS"),
            ("PascalCase", "TwoWords"),
            ("camelCase", "twoWords"),
            ("snake_case", "two_words"),
            ("SCREAMING_SNAKE_CASE", "TWO_WORDS"),
            ("kebab-case", "two-words"),
            ("SCREAMING-KEBAB-CASE", "TWO-WORDS"),
        ] {
            assert_eq!(renamed("two_words", rule), expected, "{rule}");
        }
    }

    #[test]
    fn serde_rules_change_the_case_of_ascii_letters() {
        for (rule, field, variant) in [
            ("lowercase", "äh_größe", "Ähgröße"),
            ("UPPERCASE", "äH_GRößE", "ÄHGRößE"),
            ("PascalCase", "ähGröße", "ÄhGröße"),
            ("camelCase", "ähGröße", "ÄhGröße"),
            ("snake_case", "äh_größe", "Äh_größe"),
            ("SCREAMING_SNAKE_CASE", "äH_GRößE", "ÄH_GRößE"),
            ("kebab-case", "äh-größe", "Äh-größe"),
            ("SCREAMING-KEBAB-CASE", "äH-GRößE", "ÄH-GRößE"),
        ] {
            assert_eq!(renamed("äh_größe", rule), field, "{rule}");
            assert_eq!(renamed_variant("ÄhGröße", rule), variant, "{rule}");
        }
    }

    #[test]
    fn keywords_become_raw_and_reserved_words_are_refused() {
        let ident = |name| identifier(name, Span::call_site()).map(|i| i.to_string());
        assert_eq!(ident("type").as_deref(), Some("r#type"));
        assert_eq!(ident("gen").as_deref(), Some("r#gen"));
        assert_eq!(ident("added").as_deref(), Some("added"));
        assert_eq!(ident("crate"), None);
        assert_eq!(ident("self"), None);
    }

    #[test]
    fn misspelt_words_find_their_neighbour() {
        let keys = [
            "name",
            "id",
            "schema_version",
            "create",
            "events",
            "discard",
        ];
        for (written, expected) in [
            ("evnets", Some("events")),
            ("event", Some("events")),
            ("schemaversion", Some("schema_version")),
            ("version", Some("schema_version")),
            ("creates", Some("create")),
            ("Id", Some("id")),
            ("dsicard", Some("discard")),
            ("colour", None),
        ] {
            assert_eq!(nearest(written, keys), expected, "{written}");
        }
    }
}
