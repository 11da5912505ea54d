//! The steps of one program, each with what must be true after it.

use eventsourcing::{
    Error, Version,
    snapshot::{Newest, SnapshotRow},
};

use crate::{
    damage::key,
    domain::{Account, Change, Closed, Opened, Paid, Renamed},
    judge::{disturbed, is_stale, judge_command, judge_error, judge_fates, settle_fate},
    oracle::Truth,
    rows::Good,
    steps::{How, IDS, Mode, Policy},
    subject::{Seen, Subject},
    world::{Bed, Broken, Fate},
};

pub(crate) use crate::past::look_at;

/// An instance kept in memory from step to step.
pub(crate) struct Held<A: Account, S: Subject<A>> {
    id: &'static str,
    root: S::Root,
    /// It has recorded its end.
    ended: bool,
}

/// Loads, records and saves; however it ends, the law holds.
pub(crate) async fn change<A: Account, S: Subject<A>>(
    bed: &mut Bed,
    subject: &S,
    held: &mut Vec<Held<A, S>>,
    truth: &mut Truth<A>,
    id: &'static str,
    how: How,
    events: usize,
    close: bool,
) -> Result<(), Broken> {
    let mut changes: Vec<Change> = (0..events).map(|_| any_change(bed)).collect();
    if close {
        changes.push(Change::Closed(Closed {
            number: bed.number(),
        }));
    }
    let good = Good::of(bed, truth, id).await?;
    let numbers: Vec<u64> = changes.iter().map(Change::number).collect();
    bed.injected();
    if let Some(done) = subject.command(how, id, &changes).await {
        judge_command(bed, truth, id, &numbers, done)?;
        truth.update(bed, id).await?;
        judge_fates(bed, truth, &numbers)?;
    } else if how == How::SaveAll {
        save_all(bed, subject, truth, &changes).await?;
    } else {
        let kept = held
            .iter()
            .position(|held| how == How::Held && held.id == id);
        let root = match kept {
            Some(index) => Some(held.remove(index)),
            None => loaded_or_new(bed, subject, truth, id).await?,
        };
        let Some(mut root) = root else { return Ok(()) };
        if !root.ended {
            for change in &changes {
                subject.record(&mut root.root, change);
            }
            root.ended = close;
        }
        let keep = save(bed, subject, truth, &mut root, kept.is_none()).await?;
        if keep && how == How::Held || S::KEEPS_UNKNOWN && !S::see(&root.root).pending.is_empty() {
            held.truncate(3);
            held.insert(0, root);
        }
    }
    subject.settle().await;
    good.still_there(bed, truth, id).await?;
    look_at(bed, subject, held, truth, id, numbers.len() as u64 + 1).await
}

fn any_change(bed: &mut Bed) -> Change {
    let number = bed.number();
    if number.is_multiple_of(7) {
        Change::Renamed(Renamed {
            number,
            owner: format!("owner {number}"),
        })
    } else {
        let amount = number.cast_signed() * if number.is_multiple_of(3) { -11 } else { 10 };
        Change::Paid(Paid { number, amount })
    }
}

/// None: the store would not let it load.
async fn loaded_or_new<A: Account, S: Subject<A>>(
    bed: &mut Bed,
    subject: &S,
    truth: &mut Truth<A>,
    id: &'static str,
) -> Result<Option<Held<A, S>>, Broken> {
    let found = find(bed, subject, truth, id).await?;
    let Ok(found) = found else { return Ok(None) };
    // Not found may mean closed: creating it again must then be refused, by the store.
    let root = found.unwrap_or_else(|| {
        subject.create(
            id,
            Opened {
                number: bed.number(),
                owner: id.to_owned(),
            },
        )
    });
    Ok(Some(Held {
        id,
        root,
        ended: false,
    }))
}

/// Saves and judges the answer. Says whether the instance is of further use.
async fn save<A: Account, S: Subject<A>>(
    bed: &mut Bed,
    subject: &S,
    truth: &mut Truth<A>,
    held: &mut Held<A, S>,
    fresh: bool,
) -> Result<bool, Broken> {
    truth.update(bed, held.id).await?;
    let before = S::see(&held.root);
    let expected_rows = fresh.then(|| wanted_snapshot(bed, &before)).flatten();
    let was_free = match expected_rows {
        Some(multiple) => newest::<A>(bed, held.id, multiple)
            .await
            .is_none_or(|row| row.version < multiple),
        None => false,
    };
    bed.injected();
    bed.counting.take();
    let saved = subject.save(&mut held.root).await;
    subject.settle().await;
    let written = bed.counting.take().snapshots_written.rows;
    let injected = bed.injected();
    let after = S::see(&held.root);
    for number in &before.pending {
        let stored = !after.pending.contains(number);
        settle_fate(bed, *number, stored, saved.as_ref().err());
    }
    judge_error(
        bed,
        truth,
        held.id,
        &before,
        &injected,
        saved.as_ref().err(),
    )?;
    truth.update(bed, held.id).await?;
    judge_fates(bed, truth, &before.pending)?;
    let stored = truth.at(held.id, after.version);
    let differs = stored.is_none_or(|entry| entry.state.as_ref() != Some(&after.state));
    // Saving nothing is a no-op, whatever became of the stream.
    if saved.is_ok() && !before.pending.is_empty() && !held.ended && differs {
        let state = after.state;
        return Err(format!(
            "after a save the instance has {state:?}, replay gives {stored:?}"
        ));
    }
    if written > 1 {
        return Err(format!("one save stored {written} snapshots"));
    }
    let undisturbed = saved.is_ok() && !injected.iter().any(|of| of.operation.is_of_snapshots());
    if let Some(multiple) = expected_rows.filter(|_| undisturbed && was_free && !held.ended) {
        let found = newest::<A>(bed, held.id, multiple).await;
        if found.is_none_or(|row| row.version != multiple) {
            return Err(format!(
                "a save that crossed version {multiple} took no snapshot of it"
            ));
        }
    }
    Ok(saved.is_ok())
}

/// The version that `every(n)` wants a snapshot of.
fn wanted_snapshot<A>(bed: &Bed, before: &Seen<A>) -> Option<Version> {
    let Policy::Every(n) = bed.settings.policy else {
        return None;
    };
    let multiple = before.version - before.version % n;
    let crossed = multiple > before.stored && bed.settings.mode == Mode::Sync;
    crossed.then(|| Version::from(multiple))
}

async fn newest<A: Account>(bed: &Bed, id: &str, at_most: Version) -> Option<SnapshotRow> {
    let snapshots = bed.raw.snapshot_store()?;
    match snapshots.newest(&key::<A>(bed, id), at_most).await {
        Ok(Newest::Found(row)) => Some(row),
        _ => None,
    }
}

async fn save_all<A: Account, S: Subject<A>>(
    bed: &mut Bed,
    subject: &S,
    truth: &mut Truth<A>,
    changes: &[Change],
) -> Result<(), Broken> {
    let (mut roots, mut before) = (Vec::new(), Vec::new());
    for id in IDS {
        let Some(Held { mut root, .. }) = loaded_or_new(bed, subject, truth, id).await? else {
            return Ok(());
        };
        // Those drawn for the step go to the first; the others get some of their own.
        let own: Vec<Change> = changes.iter().map(|_| any_change(bed)).collect();
        for change in if id == IDS[0] { changes } else { &own } {
            subject.record(&mut root, change);
        }
        before.push(S::see(&root));
        roots.push(root);
    }
    bed.injected();
    let Some(saved) = subject.save_all(&mut roots).await else {
        return Ok(());
    };
    let error = saved.as_ref().err();
    let injected = bed.injected();
    let stale = IDS
        .iter()
        .zip(&before)
        .any(|(id, seen)| truth.version(id) != seen.stored);
    for (id, before) in IDS.iter().zip(&before) {
        for number in &before.pending {
            settle_fate(bed, *number, saved.is_ok(), error);
        }
        if !stale {
            judge_error(bed, truth, id, before, &injected, error)?;
        }
    }
    for (id, before) in IDS.iter().zip(&before) {
        truth.update(bed, id).await?;
        judge_fates(bed, truth, &before.pending)?;
    }
    Ok(())
}

pub(crate) async fn hold<A: Account, S: Subject<A>>(
    bed: &mut Bed,
    subject: &S,
    held: &mut Vec<Held<A, S>>,
    truth: &mut Truth<A>,
    id: &'static str,
) -> Result<(), Broken> {
    if let Ok(Some(root)) = find(bed, subject, truth, id).await? {
        held.push(Held {
            id,
            root,
            ended: false,
        });
    }
    Ok(())
}

pub(crate) async fn snapshot<A: Account, S: Subject<A>>(
    bed: &mut Bed,
    subject: &S,
    held: &mut Vec<Held<A, S>>,
    truth: &mut Truth<A>,
    id: &'static str,
    of_held: bool,
) -> Result<(), Broken> {
    let good = Good::of(bed, truth, id).await?;
    let fresh;
    let kept = held.iter().find(|held| of_held && held.id == id);
    let root = match kept {
        Some(kept) => &kept.root,
        None => match find(bed, subject, truth, id).await? {
            Ok(Some(root)) => {
                fresh = root;
                &fresh
            }
            _ => return Ok(()),
        },
    };
    bed.injected();
    let taken = subject.create_snapshot(root).await;
    let unsaved = !S::see(root).pending.is_empty();
    match taken {
        Ok(()) if unsaved => return Err("a snapshot of events that are not stored".to_owned()),
        Err(error) if !unsaved && bed.injected().is_empty() => {
            return Err(format!(
                "a snapshot failed though its store worked: {error}"
            ));
        }
        _ => {}
    }
    // One of a history that was restored away takes the place of a good one; the next load finds that out.
    if !of_held || bed.tally.restores == 0 {
        good.still_there(bed, truth, id).await?;
    }
    look_at(bed, subject, held, truth, id, 1).await
}

pub(crate) async fn snapshot_unsaved<A: Account, S: Subject<A>>(
    bed: &mut Bed,
    subject: &S,
    held: &mut Vec<Held<A, S>>,
    truth: &mut Truth<A>,
    id: &'static str,
) -> Result<(), Broken> {
    let Some(mut root) = loaded_or_new(bed, subject, truth, id).await? else {
        return Ok(());
    };
    let change = any_change(bed);
    bed.fates.insert(change.number(), Fate::Refused);
    subject.record(&mut root.root, &change);
    if subject.create_snapshot(&root.root).await.is_ok() {
        return Err("a snapshot of events that are not stored".to_owned());
    }
    look_at(bed, subject, held, truth, id, 1).await
}

/// Loads, and compares with the truth. An error of the load itself is no breach if the store misbehaved.
pub(crate) async fn find<A: Account, S: Subject<A>>(
    bed: &mut Bed,
    subject: &S,
    truth: &mut Truth<A>,
    id: &'static str,
) -> Result<Result<Option<S::Root>, Error>, Broken> {
    truth.update(bed, id).await?;
    bed.injected();
    bed.counting.take();
    let found = subject.find(id).await;
    let read = bed.counting.take().events_read.rows;
    let injected = bed.injected();
    subject.settle().await;
    match &found {
        Ok(Some(root)) => {
            let seen = S::see(root);
            bed.tally.loads += 1;
            bed.tally.short += u64::from(read < seen.version);
            let lags = seen.version < truth.version(id) && disturbed(&injected, is_stale);
            let entry = truth.at(id, seen.version);
            let same = entry.is_some_and(|entry| {
                entry.state.as_ref() == Some(&seen.state) && entry.event == seen.last_event
            });
            if !same || (seen.version != truth.version(id) && !lags) {
                let (version, state) = (seen.version, seen.state);
                let head = truth.version(id);
                return Err(format!(
                    "a load gives version {version} of {head} with {state:?}, replay gives {entry:?}"
                ));
            }
        }
        Ok(None) => {
            let alive = truth.head(id).is_some_and(|entry| entry.state.is_some());
            if alive && !disturbed(&injected, is_stale) {
                return Err("a load finds nothing where replay does".to_owned());
            }
        }
        Err(error) if !disturbed(&injected, |_| true) => {
            return Err(format!("a load fails where replay succeeds: {error}"));
        }
        Err(_) => {}
    }
    Ok(found)
}
