//! The names of types that can't describe themselves: as the compiler gives them, without modules and lifetimes.

/// `geo::Point<core::option::Option<u8>>` → `Point<Option<u8>>`. A type may move.
pub(super) fn bare(full: &str) -> String {
    let mut out = String::new();
    let mut letters = full.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ':' if letters.peek() == Some(&':') => {
                letters.next();
                let name = out.trim_end_matches(is_word).len();
                out.truncate(name);
            }
            // `\'a` and what parts it from what follows; `\'x\'` is a character.
            '\'' => {
                let mut rest = letters.clone();
                rest.next();
                if rest.peek() == Some(&'\'') {
                    out.push(letter);
                    out.extend(letters.by_ref().take(2));
                    continue;
                }
                while letters.next_if(|&next| is_word(next)).is_some() {}
                letters.next_if_eq(&',');
                letters.next_if_eq(&' ');
            }
            ' ' => {
                let is_between =
                    out.ends_with(is_word) && letters.peek().is_some_and(|&c| is_word(c));
                if is_between || out.ends_with([',', ';']) {
                    out.push(' ');
                }
            }
            other => out.push(other),
        }
    }
    out.replace("<>", "")
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn names_without_modules() {
        for (full, expected) in [
            ("u8", "u8"),
            ("alloc::string::String", "String"),
            ("core::option::Option<a::b::Point<2>>", "Option<Point<2>>"),
            (
                "std::collections::HashMap<a::K, [b::V; 3]>",
                "HashMap<K, [V; 3]>",
            ),
            ("(a::B, c::D)", "(B, D)"),
            ("&'static str", "&str"),
            ("a::Ref<'_>", "Ref"),
            ("a::Ref<'_, b::T>", "Ref<T>"),
            ("a::Of<'x'>", "Of<'x'>"),
            ("a :: Of < b :: T >", "Of<T>"),
            ("dyn a::Shape + core::marker::Send", "dyn Shape+Send"),
            ("<a::B as c::D>::E", "<B as D>E"),
        ] {
            assert_eq!(bare(full), expected, "{full}");
        }
    }
}
