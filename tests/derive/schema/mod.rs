//! What `derive(Schema)` describes, and what the fingerprint and the lock make of it.

mod edits;
mod faithful;
mod lock;
mod text;
