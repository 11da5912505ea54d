//! The results as JSON, as a Markdown table and as plots.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use crate::{
    Arguments, Result, bounds, plots,
    results::{Measured, Results, Row},
};

/// Where results go: those of a part, or of a quick run, never in the place of a whole one's.
pub(crate) fn folder(arguments: &Arguments) -> PathBuf {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    match (&arguments.results, &arguments.only) {
        (Some(folder), _) => folder.clone(),
        (None, _) if arguments.quick => all.join("quick"),
        (None, Some(only)) => all.join(format!("only-{}", only.replace('/', "-"))),
        (None, None) => all,
    }
}

/// Writes `results.json`, `results.md` and the plots.
pub(crate) fn write(results: &Results, folder: &Path) -> Result {
    std::fs::create_dir_all(folder)?;
    let all = serde_json::json!({ "results": results, "bounds": bounds::of(results) });
    std::fs::write(
        folder.join("results.json"),
        serde_json::to_string_pretty(&all)? + "\n",
    )?;
    std::fs::write(folder.join("results.md"), markdown(results))?;
    plots::write(results, folder)
}

pub(crate) fn markdown(results: &Results) -> String {
    let mut text = String::new();
    // Writing to a text doesn't fail.
    let _ = tables(results, &mut text);
    text
}

fn tables(results: &Results, text: &mut String) -> std::fmt::Result {
    let machine = &results.machine;
    writeln!(text, "# The library beside its peers\n")?;
    writeln!(
        text,
        "{} cores, write + fdatasync of 4 KiB {:.0} µs, SQLite {}; load averages before {}, after {}; medians of {} rounds.\n",
        machine.cores,
        machine.sync_microseconds,
        machine.sqlite,
        machine.load_before,
        machine.load_after,
        machine.rounds,
    )?;
    if machine.quick {
        writeln!(text, "**`--quick`: the figures mean nothing.**\n")?;
    }
    for measured in &results.workloads {
        table(measured, text)?;
    }
    let held = bounds::of(results);
    if !held.is_empty() {
        writeln!(text, "## Bounds\n")?;
        writeln!(
            text,
            "| workload | against | bound | measured | |\n|---|---|---|--:|---|"
        )?;
        for each in held {
            let says = if each.is_kept { "held" } else { "**not held**" };
            writeln!(
                text,
                "| {} | {} | {} | {} | {says} |",
                each.workload,
                each.against.title(),
                each.bound,
                each.measured
            )?;
        }
    }
    Ok(())
}

fn table(measured: &Measured, text: &mut String) -> std::fmt::Result {
    writeln!(text, "## `{}`: {}\n", measured.name, measured.title)?;
    writeln!(
        text,
        "| | {} | to the first row | p50 µs | p99 µs | p99.9 µs | bytes an event | peak MiB | lost | doubled | skipped | wrong |",
        measured.unit
    )?;
    writeln!(text, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
    for row in &measured.rows {
        line(row, text)?;
    }
    writeln!(text)
}

fn line(row: &Row, text: &mut String) -> std::fmt::Result {
    let title = row.subject.title();
    if row.values.is_empty() {
        let reason = row.did_not_run.as_deref().unwrap_or("no rounds");
        return writeln!(
            text,
            "| {title} | did not run: {} |||||||||||",
            reason.replace('|', "/")
        );
    }
    let optional = |value: Option<f64>| value.map_or_else(String::new, number);
    let latencies = row.latencies.map(|all| all.map(number)).unwrap_or_default();
    let checked = row.checked.map(|found| {
        [found.lost, found.doubled, found.skipped, found.wrong].map(|count| match count {
            0 => "0".to_owned(),
            some => format!("**{some}**"),
        })
    });
    writeln!(
        text,
        "| {title} | {} | {} | {} | {} | {} | {} |",
        number(row.median),
        row.ratio_to_floor
            .map_or_else(String::new, |ratio| format!("{ratio:.3}")),
        latencies.join(" | "),
        optional(row.bytes_per_event),
        optional(row.peak_memory_mebibytes),
        checked.unwrap_or_default().join(" | "),
    )
}

/// Three digits or more.
fn number(value: f64) -> String {
    match value.abs() {
        below if below < 10.0 => format!("{value:.2}"),
        below if below < 100.0 => format!("{value:.1}"),
        _ => thousands(value),
    }
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
