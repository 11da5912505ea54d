//! What `derive(Schema)` describes. What becomes of edits is a test of its own: `edits`.

mod text;
