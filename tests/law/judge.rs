//! Which answers of a save are right, and what became of its events.

use eventsourcing::{
    Error, ErrorKind,
    testing::{Fault, Injected, Operation},
};

use crate::{
    domain::Account,
    oracle::Truth,
    subject::Seen,
    world::{Bed, Broken, Fate},
};

pub(crate) fn settle_fate(bed: &mut Bed, number: u64, stored: bool, error: Option<&Error>) {
    let unknown = error.is_some_and(|error| *error.kind() == ErrorKind::OutcomeUnknown);
    let in_doubt = bed.fates.get(&number) == Some(&Fate::Unknown);
    let conflict = error.is_some_and(Error::is_conflict);
    let fate = match (stored, unknown || in_doubt && !conflict) {
        (true, _) => Fate::Acknowledged,
        (false, true) => Fate::Unknown,
        (false, false) => Fate::Refused,
    };
    bed.fates.insert(number, fate);
}

pub(crate) fn judge_fates<A: Account>(
    bed: &Bed,
    truth: &Truth<A>,
    numbers: &[u64],
) -> Result<(), Broken> {
    for number in numbers {
        match bed.fates.get(number) {
            Some(Fate::Acknowledged) if !truth.has(*number) => {
                return Err(format!("event {number} was acknowledged and is not stored"));
            }
            Some(Fate::Refused) if truth.has(*number) => {
                return Err(format!("event {number} was refused and is stored"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A save may fail if its append did, or if somebody was there before it.
pub(crate) fn judge_error<A: Account>(
    bed: &Bed,
    truth: &Truth<A>,
    id: &str,
    before: &Seen<A>,
    injected: &[Injected],
    error: Option<&Error>,
) -> Result<(), Broken> {
    let Some(error) = error else { return Ok(()) };
    let already = before
        .pending
        .iter()
        .filter(|number| truth.has(**number))
        .count() as u64;
    if error.is_conflict() {
        let restored = bed.tally.restores > 0;
        return if !restored && truth.version(id) == before.stored + already {
            Err(format!("a conflict without a rival: {error}"))
        } else {
            Ok(())
        };
    }
    if injected
        .iter()
        .any(|injected| injected.operation == Operation::Append)
    {
        return Ok(());
    }
    Err(format!("a save failed though its append didn't: {error}"))
}

pub(crate) fn judge_command<A: Account>(
    bed: &mut Bed,
    truth: &Truth<A>,
    id: &str,
    numbers: &[u64],
    done: Result<(), Error>,
) -> Result<(), Broken> {
    let injected = bed.injected();
    for number in numbers {
        settle_fate(bed, *number, done.is_ok(), done.as_ref().err());
    }
    let Err(error) = done else { return Ok(()) };
    let faulty = injected
        .iter()
        .any(|injected| !injected.operation.is_of_snapshots());
    let gone = truth.head(id).is_none_or(|entry| entry.state.is_none());
    if faulty || gone && error.is_not_found() {
        Ok(())
    } else {
        Err(format!(
            "a command failed though its stores worked: {error}"
        ))
    }
}

/// Whether a read of events met such a fault.
pub(crate) fn disturbed(injected: &[Injected], by: impl Fn(Fault) -> bool) -> bool {
    let mut events = injected.iter().filter(|of| !of.operation.is_of_snapshots());
    events.any(|of| by(of.fault))
}

pub(crate) fn is_stale(fault: Fault) -> bool {
    matches!(fault, Fault::Stale(_))
}
