//! Instructions of the library's inner loops, as ratios to loops written by hand over the same bytes, counted in the same run:
//! `cargo bench -p eventsourcing --bench instructions -- [replay] [append] [save] [snapshot] [--check]`.
//!
//! Counted by callgrind (needs valgrind), so that another program's work changes nothing. `--check`, which CI runs, fails where
//! a ratio is above its bound.
//! Each count is the difference of a large and a small run: what a call costs once is no part of it.

mod by_hand;
mod domain;
mod measured;

use std::{
    env,
    error::Error,
    process::{Command, ExitCode},
};

use measured::{CODECS, Side};

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// What is counted: its name, what it does, and the ratio to the loop by hand that `--check` allows at most.
struct Workload {
    name: &'static str,
    counts: &'static str,
    bound: f64,
}

const WORKLOADS: [Workload; 5] = [
    Workload {
        name: "replay",
        counts: "a load of events from memory, an event",
        bound: 1.15,
    },
    Workload {
        name: "append",
        counts: "a save to memory, an event of a thousand in one save",
        bound: 2.1,
    },
    Workload {
        name: "save",
        counts: "a save of one event to memory",
        bound: 5.5,
    },
    Workload {
        name: "snapshot-encode",
        counts: "create_snapshot, which encodes once and decodes twice, an element",
        bound: 1.8,
    },
    Workload {
        name: "snapshot-decode",
        counts: "a load that ends at its snapshot, an element",
        bound: 1.1,
    },
];

/// Events or elements of the runs whose difference is counted.
const SMALL: u64 = 1_000;
const LARGE: u64 = 11_000;

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [of, workload, codec, side, count] = arguments.as_slice()
        && of == "--measured"
    {
        measured::run(workload, codec, Side::of(side)?, count.parse()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let is_checked = arguments.iter().any(|argument| argument == "--check");
    let wanted: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    println!("| Workload | Codec | Ours | By hand | Ratio | Bound |");
    println!("|---|---|---|---|---|---|");
    let mut above = Vec::new();
    for workload in &WORKLOADS {
        if !wanted.is_empty() && !wanted.iter().any(|name| workload.name.starts_with(*name)) {
            continue;
        }
        for codec in CODECS {
            let ours = counted(workload.name, codec, Side::Ours)?;
            let by_hand = counted(workload.name, codec, Side::ByHand)?;
            let ratio = ours / by_hand;
            println!(
                "| {}: {} | {codec} | {ours:.0} | {by_hand:.0} | {ratio:.3} | {} |",
                workload.name, workload.counts, workload.bound
            );
            if ratio > workload.bound {
                above.push(format!("{} {codec}: {ratio:.3}", workload.name));
            }
        }
    }
    if is_checked && !above.is_empty() {
        eprintln!("above their bounds: {}", above.join(", "));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Instructions for each event or element.
fn counted(workload: &str, codec: &str, side: Side) -> Result<f64> {
    let (small, large) = (
        callgrind(workload, codec, side, SMALL)?,
        callgrind(workload, codec, side, LARGE)?,
    );
    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    Ok((large - small) as f64 / (LARGE - SMALL) as f64)
}

fn callgrind(workload: &str, codec: &str, side: Side, count: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--collect-atstart=no",
            "--toggle-collect=*the_measured_region*",
        ])
        .arg(env::current_exe()?)
        .args([
            "--measured",
            workload,
            codec,
            side.name(),
            &count.to_string(),
        ])
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{workload} {codec} {}: {said}", side.name()).into());
    }
    let collected = said
        .lines()
        .find_map(|line| line.split("Collected : ").nth(1))
        .ok_or("callgrind didn't say what it collected")?;
    Ok(collected.trim().parse()?)
}
