//! The law itself: now, at a version, as of a time, and over a whole history.

use crate::{
    domain::Account,
    judge::{disturbed, is_stale},
    oracle::Truth,
    program::{Held, find},
    rows::Good,
    subject::Subject,
    world::{Bed, Broken},
};

pub(crate) async fn look_at<A: Account, S: Subject<A>>(
    bed: &mut Bed,
    subject: &S,
    _held: &mut Vec<Held<A, S>>,
    truth: &mut Truth<A>,
    id: &'static str,
    version: u64,
) -> Result<(), Broken> {
    drop(find(bed, subject, truth, id).await?);
    bed.injected();
    let found = subject.find_at(id, version).await;
    let expected = version.min(truth.version(id));
    judge(
        bed,
        truth,
        id,
        &format!("load_at({version})"),
        expected,
        found,
    )?;
    subject.settle().await;
    // Not each time: these read whole streams.
    let entry = truth.at(id, expected);
    if let Some(entry) = entry.filter(|_| version.is_multiple_of(3)) {
        let time = entry.recorded_at;
        let expected = truth.as_of(id, time);
        bed.injected();
        let found = subject.find_as_of(id, time).await;
        let what = format!("load_as_of({time})");
        judge(bed, truth, id, &what, expected, found)?;
    }
    if version.is_multiple_of(4) {
        look_through(bed, subject, truth, id).await?;
    }
    Good::of(bed, truth, id).await.map(drop)
}

/// What a load of the past gave must be the state of this version; of a lagging store, of an older one that it names.
fn judge<A: Account>(
    bed: &mut Bed,
    truth: &Truth<A>,
    id: &str,
    what: &str,
    version: u64,
    found: Result<Option<(u64, A)>, eventsourcing::Error>,
) -> Result<(), Broken> {
    let injected = bed.injected();
    let expected = truth.at(id, version).and_then(|entry| entry.state.as_ref());
    match found {
        Ok(found) if disturbed(&injected, is_stale) => {
            let right = found.as_ref().is_none_or(|(at, state)| {
                *at <= version
                    && truth
                        .at(id, *at)
                        .is_some_and(|entry| entry.state.as_ref() == Some(state))
            });
            if right {
                Ok(())
            } else {
                Err(format!("{what} of a lagging store gives {found:?}"))
            }
        }
        Ok(found) => {
            let (at, state) = found
                .as_ref()
                .map_or((version, None), |(at, state)| (*at, Some(state)));
            if at == version && state == expected {
                Ok(())
            } else {
                Err(format!("{what} gives {found:?}, replay {expected:?}"))
            }
        }
        Err(_) if disturbed(&injected, |_| true) => Ok(()),
        Err(error) => Err(format!("{what} fails where replay succeeds: {error}")),
    }
}

/// A history has every event, each with the state after it.
async fn look_through<A: Account, S: Subject<A>>(
    bed: &mut Bed,
    subject: &S,
    truth: &Truth<A>,
    id: &'static str,
) -> Result<(), Broken> {
    bed.injected();
    let history = subject.history(id).await;
    let injected = bed.injected();
    let history = match history {
        Ok(history) => history,
        Err(_) if disturbed(&injected, |_| true) => return Ok(()),
        Err(error) => return Err(format!("a history fails where replay succeeds: {error}")),
    };
    for (number, (version, event, state)) in (1..).zip(&history) {
        let entry = truth.at(id, number);
        let same = entry.is_some_and(|entry| entry.event == *event && entry.state == *state);
        if *version != number || !same {
            return Err(format!(
                "a history has version {version} with {state:?} where replay has {entry:?}"
            ));
        }
    }
    let (len, head) = (history.len() as u64, truth.version(id));
    if len < head && !disturbed(&injected, is_stale) {
        return Err(format!("a history ends at version {len} of {head}"));
    }
    Ok(())
}
