//! What `derive(Schema)` describes, and what the fingerprint makes of it.

mod edits;
mod faithful;
mod text;
