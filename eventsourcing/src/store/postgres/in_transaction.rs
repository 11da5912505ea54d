//! Appends within a transaction of the caller's: what the server's answer means there, where nothing can be asked again.

use tokio_postgres::Transaction;

use super::{
    append::{self, Call},
    errors::{Failure, Fate},
    read,
    shared::Shared,
};
use crate::{
    Error, Result, Version,
    store::{Appended, Commit, ReadStream, StreamCommit},
};

pub(super) async fn append(
    shared: &Shared,
    transaction: &Transaction<'_>,
    commit: &Commit,
) -> Result<Appended> {
    append::check(commit)?;
    shared.check_open()?;
    if commit.event_count() == 0 {
        return Ok(Appended::nothing(commit, shared.now().await?));
    }
    let call = Call::new(std::iter::once(commit), shared.time()?, None, shared.store);
    let run = call.run_in(transaction.client(), &shared.sql.append);
    let database = &shared.database;
    let Ok(answer) = tokio::time::timeout(database.deadline(), run).await else {
        // Unlike a transaction whose connection is lost, this one may still be committed, and the statement with it.
        let late = Failure::late(&database.name, database.deadline()).in_doubt();
        let what = "the append is still under way, and is stored if the transaction commits";
        return Err(late.adding(what).into());
    };
    match answer.map_err(|error| Failure::of_statement(&database.name, error)) {
        Ok(answers) => append::appended(commit, &mut answers.into_iter(), shared.store),
        Err(failure) if failure.fate == Fate::Undone => Err(lost(shared, commit, failure).await),
        Err(failure) => Err(failure.into()),
    }
}

/// A race was lost, and with it the transaction. To whom, only another one can see.
async fn lost(shared: &Shared, commit: &Commit, failure: Failure) -> Error {
    for part in &commit.streams {
        match winner(shared, part).await {
            Err(failure) => return failure.into(),
            Ok(None) => {}
            Ok(Some((own, _))) if own == commit.id => {
                let what = "another transaction has stored the same commit: asked again, in a new one, it is found";
                return failure.adding(what).into();
            }
            Ok(Some((_, head))) => {
                let what = "another transaction was first, and PostgreSQL accepts nothing more in this one";
                let conflict = Error::conflict(part.stream.clone(), part.expected, head);
                return conflict.because(what).caused_by(Error::from(failure));
            }
        }
    }
    failure.into()
}

/// Whose commit has the first version that the part was to have, and the version that the stream has by now.
async fn winner(
    shared: &Shared,
    part: &StreamCommit,
) -> Result<Option<(uuid::Uuid, Version)>, Failure> {
    let first = Version::from(part.expected.get().saturating_add(1));
    let wanted = ReadStream::from(first).limit(1);
    let page = read::stream(shared, &part.stream, &wanted).await?;
    let Some(winner) = page.last().map(|event| event.commit_id) else {
        return Ok(None);
    };
    let head = read::head(shared, &part.stream).await?;
    Ok(Some((winner, head)))
}
