//! Metrics and spans: that they say what happened, and that `docs/observability.md` lists them all.

mod metrics;
mod recorder;
mod spans;
pub(crate) mod subscriber;

use std::{collections::BTreeMap, fs, path::Path};

/// The rows of the table that begins with this column, by what stands in it; names without their backticks.
fn table(first: &str) -> BTreeMap<String, Vec<String>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/observability.md");
    let page = fs::read_to_string(page).unwrap();
    rows_of(&page, first)
}

fn rows_of(page: &str, first: &str) -> BTreeMap<String, Vec<String>> {
    let head = format!("| {first} |");
    let rows = page.lines().skip_while(|line| !line.starts_with(&head));
    let rows = rows.skip(2).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| {
        let cells = line.trim_matches('|').split(" | ").map(str::trim);
        cells.map(|cell| cell.replace('`', "")).collect()
    };
    rows.map(|line| {
        let mut cells: Vec<String> = cells(line);
        (cells.remove(0), cells)
    })
    .collect()
}

#[test]
fn a_row_is_read_as_it_stands() {
    let page =
        "text\n\n| Span | Fields |\n|---|---|\n| `a` | `b`, `c` |\n| `d` | |\n\n| Other | x |\n";
    let rows = rows_of(page, "Span");
    assert_eq!(rows.len(), 2);
    assert_eq!(rows["a"], ["b, c"]);
    assert!(rows_of(page, "Missing").is_empty());
}

/// Runs this on one thread, where thread-local recorders and subscribers see all of it.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(work)
}
