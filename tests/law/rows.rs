//! The stored snapshots of a stream: every one that claims to be right is, and stays.

use eventsourcing::{
    codec::{Bincode, Codec as _, Json},
    snapshot::{Newest, SnapshotRow},
};

use crate::{
    damage::stream,
    domain::Account,
    oracle::{Checked, Truth},
    world::{Bed, Broken},
};

/// The rows of a stream that are as they should be: every one must be right, and stay.
pub(crate) struct Good(Vec<Checked>);

impl Good {
    pub(crate) async fn of<A: Account>(
        bed: &Bed,
        truth: &mut Truth<A>,
        id: &str,
    ) -> Result<Self, Broken> {
        truth.update(bed, id).await?;
        let now = [bed.appends(), bed.snapshot_writes()];
        if let Some((_, good)) = truth.good.get(id).filter(|(then, _)| *then == now) {
            return Ok(Self(good.clone()));
        }
        let snapshots = bed.raw.snapshot_store().ok_or("no snapshot store")?;
        let mut good = Vec::new();
        let rows = snapshots
            .list(&stream(id))
            .await
            .map_err(|error| error.to_string())?;
        for info in rows {
            if bed.planted.contains(&info.checksum) {
                continue;
            }
            let checked = (info.key, info.version, info.checksum);
            if !truth.checked.contains(&checked) {
                let newest = snapshots.newest(&checked.0, checked.1).await;
                let Ok(Newest::Found(row)) = newest else {
                    continue;
                };
                if !check_row(bed, truth, id, &row)? {
                    continue;
                }
                truth.checked.insert(checked.clone());
            }
            good.push(checked);
        }
        truth.good.insert(id.to_owned(), (now, good.clone()));
        Ok(Self(good))
    }

    pub(crate) async fn still_there<A: Account>(
        self,
        bed: &Bed,
        truth: &mut Truth<A>,
        id: &str,
    ) -> Result<(), Broken> {
        let now = Self::of(bed, truth, id).await?;
        match self.0.into_iter().find(|row| !now.0.contains(row)) {
            Some((_, version, _)) => Err(format!("the good snapshot of version {version} is gone")),
            None => Ok(()),
        }
    }
}

/// Whether a row is good. A bad one that says that it is good breaks the law.
fn check_row<A: Account>(
    bed: &Bed,
    truth: &Truth<A>,
    id: &str,
    row: &SnapshotRow,
) -> Result<bool, Broken> {
    if !row.is_intact() {
        return Ok(false);
    }
    let entry = truth.at(id, row.version.get());
    let Some(entry) = entry.filter(|entry| entry.event == row.last_event) else {
        // After a restore they may be of a history that is gone.
        return if bed.tally.restores > 0 {
            Ok(false)
        } else {
            Err(format!(
                "a snapshot of version {} that never was",
                row.version
            ))
        };
    };
    if row.key.schema_version == A::SCHEMA_VERSION && row.key.fingerprint == bed.fingerprint::<A>()
    {
        let state = row
            .state
            .as_deref()
            .map(|bytes| match row.key.codec.as_str() {
                "json" => Json.decode::<A>(bytes),
                _ => Bincode.decode::<A>(bytes),
            });
        let state = state.transpose().map_err(|error| error.to_string())?;
        if state != entry.state {
            let (at, right) = (row.version, &entry.state);
            return Err(format!(
                "the snapshot of version {at} has {state:?}, replay gives {right:?}"
            ));
        }
    }
    Ok(true)
}
