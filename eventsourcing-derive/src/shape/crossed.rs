//! Rust names that trade places under stored ones: nothing of what is written shows them, yet a value would be read as
//! another.
//!
//! A Rust name counts only where it is what another one is stored as, however its words are parted: `rename_all` may come
//! and go, and its rule isn't known afterwards. To rename a field and keep what is stored changes nothing.

use crate::names::letters;

/// The names of a field or variant.
#[derive(Debug)]
pub(super) struct Called {
    /// The one in the code.
    pub(super) own: String,
    /// Those that are written and read.
    pub(super) stored: Vec<String>,
}

/// Whether the one at `place` is called as another one is stored.
pub(super) fn is_crossed(all: &[Called], place: usize) -> bool {
    let Some(own) = all.get(place) else {
        return false;
    };
    let own_letters = letters(&own.own);
    let is_called = |names: &[String]| names.iter().any(|name| letters(name) == own_letters);
    let mut others = all.iter().enumerate().filter(|(other, _)| *other != place);
    // Stored names of the same letters tell their fields apart only where they are written as these.
    others.any(|(_, other)| is_called(&other.stored)) && !own.stored.contains(&own.own)
}

#[cfg(test)]
mod tests {
    use super::{Called, is_crossed};

    fn called(own: &str, stored: &[&str]) -> Called {
        Called {
            own: own.to_owned(),
            stored: stored.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    #[test]
    fn names_are_crossed_if_they_are_stored_for_another() {
        let swapped = [called("a", &["b"]), called("b", &["a"])];
        assert!(is_crossed(&swapped, 0) && is_crossed(&swapped, 1));
        let renamed = [called("a", &["old"]), called("b", &["b"])];
        assert!(!is_crossed(&renamed, 0) && !is_crossed(&renamed, 1));
        let alias = [called("a", &["old"]), called("b", &["b", "a"])];
        assert!(is_crossed(&alias, 0) && !is_crossed(&alias, 1));
    }

    #[test]
    fn however_their_words_are_parted() {
        for [one, other] in [
            ["someOne", "anOther"],
            ["some-one", "an-other"],
            ["SOME_ONE", "AN_OTHER"],
        ] {
            let by_rule = [called("some_one", &[one]), called("an_other", &[other])];
            assert!(!is_crossed(&by_rule, 0) && !is_crossed(&by_rule, 1));
            let swapped = [called("an_other", &[one]), called("some_one", &[other])];
            assert!(is_crossed(&swapped, 0) && is_crossed(&swapped, 1), "{one}");
        }
        // Of the same letters: each is only known by its own spelling.
        let alike = [called("a_1", &["a_1"]), called("a1", &["a1"])];
        assert!(!is_crossed(&alike, 0) && !is_crossed(&alike, 1));
        let swapped = [called("a1", &["a_1"]), called("a_1", &["a1"])];
        assert!(is_crossed(&swapped, 0) && is_crossed(&swapped, 1));
        let one_of_both = [called("a_1", &["A1"]), called("b", &["a-1"])];
        assert!(is_crossed(&one_of_both, 0) && !is_crossed(&one_of_both, 1));
    }
}
