//! Blocks in which nothing may change: what a positional codec writes, what `untagged` and `flatten` read.

use super::{
    document::{Block, CONTAINER_DEFAULT, DEFAULT, DENIES, Kind, Note, Variant},
    walk::{At, FLATTENED, Finding, Mode, Titles, Walk},
};

impl<'a> Walk<'a> {
    /// No change at all, but for what doesn't count in this mode; then the types inside.
    pub(super) fn exactly(&mut self, owner: &Titles, old: &'a Block, new: &'a Block, mode: Mode) {
        let is_same = if mode == Mode::Positional {
            bare(&old.variants) == bare(&new.variants)
        } else {
            old.variants == new.variants
        };
        if !is_same {
            let what = match mode {
                Mode::Exact(reason, _) => format!("it differs, and {reason}: stored rows might be read as something else"),
                _ => "it differs, and a positional codec reads by place: stored rows would be read as something else".to_owned(),
            };
            return self.find(owner, Finding::refused(what));
        }
        if old.variants != new.variants {
            let what = "a positional codec has no names and leaves nothing out: stored rows are read as before";
            self.find(owner, Finding::behind(what));
        }
        let inner = match mode {
            Mode::Exact(_, false) => Mode::ByName,
            mode => mode,
        };
        // What a variant holds stands beside the tag.
        let has = |key| {
            old.notes
                .iter()
                .any(|note| matches!(note, Note::Text(other, _) if *other == key))
        };
        let is_around = !old.is_enum || (has("tag") && !has("content"));
        for (variant, other) in old.variants.iter().zip(&new.variants) {
            // A newtype is written as what is in it, among the fields around it.
            let inner = match (is_around, variant.kind()) {
                (true, Kind::Tuple(1)) => mode,
                _ => inner,
            };
            for (field, other) in variant.fields.iter().zip(&other.fields) {
                if let (Some(old), Some(new)) = (&field.of, &other.of) {
                    let label = format!("`{}`", field.name);
                    let mode = match inner {
                        Mode::ByName if field.has("flattened") => FLATTENED,
                        mode => mode,
                    };
                    self.types(
                        At {
                            owner,
                            label: &label,
                            mode,
                        },
                        old,
                        new,
                        false,
                    );
                }
            }
        }
    }
}

/// Without what a positional codec doesn't write.
fn bare(variants: &[Variant]) -> Vec<Variant> {
    let counts = |note: &Note| {
        !matches!(
            note,
            Note::Text("alias" | DEFAULT | CONTAINER_DEFAULT, _)
                | Note::Word(DEFAULT | CONTAINER_DEFAULT | DENIES)
        )
    };
    let mut variants = variants.to_vec();
    for variant in &mut variants {
        variant.notes.retain(counts);
        variant
            .fields
            .iter_mut()
            .for_each(|field| field.notes.retain(counts));
    }
    variants
}
