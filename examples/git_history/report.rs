//! What is printed after the import. Everything follows from the database; only the load times differ from run to run.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use eventsourcing::prelude::*;

use crate::{
    catalogue::{Catalogue, Listed},
    domain::{File, History},
    error::Error,
    log::Lines,
};

/// How many files are listed.
const LONGEST: usize = 10;
/// A load time is the middle one of this many.
const LOADS: usize = 7;

/// Prints the report on what the store holds.
pub(crate) async fn print(
    out: &mut dyn Write,
    app: &Application,
    store: SqliteStore,
) -> Result<(), Error> {
    let catalogue = Catalogue::read(&store).await?;
    let histories = app.repository::<History>()?;
    let history = histories.find(History::id()).await?;
    let longest = catalogue.longest();
    print_longest(out, &longest)?;
    if let Some((id, file)) = longest.iter().find(|(_, file)| file.is_alive) {
        let files = app.repository::<File>()?;
        print_past(out, &files, *id, file.events).await?;
        writeln!(
            out,
            "\nLoading, with snapshots (there is one every 100 events) and without"
        )?;
        print_load_times(out, &files, &store, id, file.events).await?;
        if let Some(history) = &history {
            // One event for each commit and one for its creation: the longest stream of all.
            let events = history.version().get();
            print_load_times(out, &histories, &store, &History::id(), events).await?;
        }
        writeln!(out)?;
    }
    let commits = history.map_or(0, |history| history.commits);
    print_totals(out, commits, catalogue.alive(), catalogue.lines())
}

/// The last four lines, for people and scripts.
pub(crate) fn print_totals(
    out: &mut dyn Write,
    commits: u64,
    alive: usize,
    lines: Lines,
) -> Result<(), Error> {
    writeln!(out, "commits {commits}")?;
    writeln!(out, "files alive {alive}")?;
    writeln!(out, "lines added {}", lines.added)?;
    writeln!(out, "lines deleted {}", lines.deleted)?;
    Ok(())
}

fn print_longest(out: &mut dyn Write, files: &[(u64, &Listed)]) -> Result<(), Error> {
    writeln!(out, "Longest histories")?;
    writeln!(out, "  events     added   deleted  path")?;
    for (_, file) in files.iter().take(LONGEST) {
        let Lines { added, deleted } = file.lines;
        let path = printable(&file.path);
        let fate = if file.is_alive { "" } else { " (deleted)" };
        writeln!(
            out,
            "{:>8} {added:>9} {deleted:>9}  {path}{fate}",
            file.events
        )?;
    }
    Ok(())
}

async fn print_past(
    out: &mut dyn Write,
    files: &Repository<File>,
    id: u64,
    events: u64,
) -> Result<(), Error> {
    writeln!(
        out,
        "\nThe first of them that is alive, at three points of its past"
    )?;
    let mut points = vec![1, events.div_ceil(2), events];
    points.dedup();
    for point in points {
        let file = files.load_at(id, point).await?;
        let commit = short(&file.changed_in);
        let kind = kind(&file.mode);
        let lines = file.lines.added.saturating_sub(file.lines.deleted);
        let plural = if lines == 1 { "" } else { "s" };
        let path = printable(&file.path);
        writeln!(
            out,
            "  version {point:>6}, commit {commit}: {path}, {kind}, {lines} line{plural}"
        )?;
        if let Some(former) = file.former_paths.last() {
            writeln!(out, "{:>39}before that {}", "", printable(former))?;
        }
    }
    Ok(())
}

async fn print_load_times<A: Aggregate>(
    out: &mut dyn Write,
    with: &Repository<A>,
    store: &SqliteStore,
    id: &A::Id,
    events: u64,
) -> Result<(), Error> {
    let without = Repository::<A>::builder(store.clone())
        .ignore_snapshots()
        .build()?;
    let fast = load_time(with, id).await?;
    let slow = load_time(&without, id).await?;
    let stream = format!("{}/{} ({events} events)", A::NAME, id.to_text());
    writeln!(out, "  {stream:<40} {fast:>10.1?} {slow:>10.1?}")?;
    Ok(())
}

async fn load_time<A: Aggregate>(
    repository: &Repository<A>,
    id: &A::Id,
) -> Result<Duration, Error> {
    let mut times = Vec::with_capacity(LOADS);
    for _ in 0..LOADS {
        let start = Instant::now();
        repository.load(id).await?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times[LOADS / 2])
}

fn kind(mode: &str) -> &str {
    match mode {
        "100644" => "a file",
        "100755" => "an executable",
        "120000" => "a link",
        "160000" => "a submodule",
        other => other,
    }
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// A path can hold line ends and whatever else a terminal obeys.
fn printable(path: &str) -> String {
    let mut printable = String::with_capacity(path.len());
    for char in path.chars() {
        if char.is_control() {
            printable.extend(char.escape_default());
        } else {
            printable.push(char);
        }
    }
    printable
}
