//! What becomes of texts on their way into the store, and how they are compared.

use bytes::Bytes;
use eventsourcing::{StreamId, store::NewEvent};

use super::{Bug, store::Mutant};

/// At most so many bytes.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Some letters with their accents in one.
pub(super) fn composed(text: &str) -> String {
    text.replace("e\u{301}", "\u{e9}")
        .replace("A\u{30a}", "\u{c5}")
        .replace('\u{212b}', "\u{c5}")
}

/// Lower case where ASCII ends.
fn folded(text: &str) -> String {
    let lower = |c: char| match c {
        c if c.is_ascii() => c.to_string(),
        c => c.to_lowercase().to_string(),
    };
    text.chars().map(lower).collect()
}

/// Some text in bytes by another; what is no text stays.
fn replaced(bytes: &Bytes, from: &str, to: &str) -> Bytes {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.replace(from, to).into(),
        Err(_) => bytes.clone(),
    }
}

impl Mutant {
    pub(super) fn kept_texts(&self, mut event: NewEvent) -> NewEvent {
        match self.bug {
            Some(Bug::NamesAreCut) => event.name = cut(&event.name, 255).to_owned().into(),
            Some(Bug::CodecsAreCut) => event.codec = cut(&event.codec, 32).to_owned().into(),
            Some(Bug::NulEndsAName) => {
                let name = event.name.split('\0').next().unwrap_or_default().to_owned();
                event.name = name.into();
            }
            Some(Bug::LineEndsOfMetadataAreChanged) => {
                event.metadata = replaced(&event.metadata, "\r\n", "\n");
            }
            Some(Bug::ByteOrderMarksAreLost) if event.payload.starts_with(b"\xef\xbb\xbf") => {
                event.payload = event.payload.slice(3..);
            }
            Some(Bug::MetadataIsReformatted) if event.metadata.starts_with(b"{") => {
                event.metadata = replaced(&event.metadata, ": ", ":");
            }
            _ => {}
        }
        event
    }

    /// How the category filters of reading all and of deleting compare, where the bug is one of both.
    pub(super) fn is_in(&self, stream: &StreamId, wanted: &str, bugs: [Bug; 3]) -> Option<bool> {
        let [slash, normal, case] = bugs;
        let (name, category) = (stream.as_str(), stream.category());
        match self.bug? {
            bug if bug == slash => Some(name.starts_with(&format!("{wanted}/"))),
            bug if bug == normal => Some(composed(category) == composed(wanted)),
            bug if bug == case => Some(folded(category) == folded(wanted)),
            Bug::CategoriesEndAtTheLastSlash => {
                Some(name.rsplit_once('/').map(|(before, _)| before) == Some(wanted))
            }
            Bug::CategoriesAreCut => Some(cut(category, 64) == cut(wanted, 64)),
            _ => None,
        }
    }
}
