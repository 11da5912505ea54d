//! What `derive(Schema)` describes, what the lock makes of it, and what a codec can't keep. What becomes of edits is a test of its
//! own: `edits`.

mod converted;
mod crossed;
mod faithful;
mod holder;
mod inside;
mod lock;
mod renamed;
mod text;
mod values;
