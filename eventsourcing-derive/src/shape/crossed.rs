//! Rust names that trade places under stored ones: nothing of what is written shows them, yet a value would be read as
//! another.
//!
//! A Rust name counts only where it is what another one is stored as. To rename a field and keep what is stored changes
//! nothing.

/// The names of a field or variant.
#[derive(Debug)]
pub(super) struct Called {
    /// The one in the code, and what serde makes of it by itself.
    pub(super) natural: Vec<String>,
    /// Those that are written and read.
    pub(super) stored: Vec<String>,
}

/// Whether the one at `place` is called as another one is stored.
pub(super) fn is_crossed(all: &[Called], place: usize) -> bool {
    let Some(own) = all.get(place) else {
        return false;
    };
    let is_natural = own.stored.iter().any(|name| own.natural.contains(name));
    let others = all.iter().enumerate().filter(|(other, _)| *other != place);
    let mut stored = others.flat_map(|(_, other)| &other.stored);
    !is_natural && stored.any(|name| own.natural.contains(name))
}

#[cfg(test)]
mod tests {
    use super::{Called, is_crossed};

    fn called(natural: &str, stored: &[&str]) -> Called {
        Called {
            natural: vec![natural.to_owned()],
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
}
