//! The truth: what the stored events amount to at every version, by the test's own model.

use std::collections::{HashMap, HashSet};

use eventsourcing::{Timestamp, Version, snapshot::SnapshotKey, store::ReadStream};
use uuid::Uuid;

use crate::{
    damage::stream,
    domain::{Account, Change},
    world::{Bed, Broken, Fate},
};

#[derive(Debug)]
pub(crate) struct Entry<A> {
    pub(crate) event: Uuid,
    pub(crate) recorded_at: Timestamp,
    /// After the event; none: closed.
    pub(crate) state: Option<A>,
}

/// By id, an entry for each version. Grows with the streams; thrown away when one is restored.
#[derive(Debug)]
pub(crate) struct Truth<A> {
    entries: HashMap<String, Vec<Entry<A>>>,
    numbers: HashSet<u64>,
    /// Rows that were found to be good: they can't become bad but by damage or a restore.
    pub(crate) checked: HashSet<Checked>,
    /// The good rows of an id, as of the counts of appends and snapshot writes.
    pub(crate) good: HashMap<String, ([u64; 2], Vec<Checked>)>,
    updated: HashMap<String, u64>,
}

/// A snapshot row: its key, version and checksum.
pub(crate) type Checked = (SnapshotKey, Version, u64);

impl<A> Default for Truth<A> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            numbers: HashSet::new(),
            checked: HashSet::new(),
            good: HashMap::new(),
            updated: HashMap::new(),
        }
    }
}

impl<A: Account> Truth<A> {
    /// Reads what was stored since. Each event must be stored once, and none that was refused.
    pub(crate) async fn update(&mut self, bed: &Bed, id: &str) -> Result<(), Broken> {
        if self.updated.get(id) == Some(&bed.appends()) {
            return Ok(());
        }
        let entries = self.entries.entry(id.to_owned()).or_default();
        loop {
            let next = Version::from(entries.len() as u64 + 1);
            let page = bed
                .raw
                .read_stream(&stream(id), ReadStream::from(next))
                .await;
            let page = page.map_err(|error| error.to_string())?;
            for row in page.iter() {
                if row.version.get() != entries.len() as u64 + 1 {
                    return Err(format!("the stream has a gap before {}", row.version));
                }
                let change = Change::read(&row)?;
                let number = change.number();
                if !self.numbers.insert(number) {
                    return Err(format!("event {number} is stored twice"));
                }
                if bed.fates.get(&number) == Some(&Fate::Refused) {
                    return Err(format!("event {number} was refused and is stored"));
                }
                let before = entries.last().and_then(|entry| entry.state.as_ref());
                let state = A::model(before, &change);
                entries.push(Entry {
                    event: row.id,
                    recorded_at: row.recorded_at,
                    state,
                });
            }
            if !page.has_more() {
                self.updated.insert(id.to_owned(), bed.appends());
                return Ok(());
            }
        }
    }

    /// Whether the event of this number is stored. Call `update` first.
    pub(crate) fn has(&self, number: u64) -> bool {
        self.numbers.contains(&number)
    }

    pub(crate) fn version(&self, id: &str) -> u64 {
        self.entries
            .get(id)
            .map_or(0, |entries| entries.len() as u64)
    }

    pub(crate) fn head(&self, id: &str) -> Option<&Entry<A>> {
        self.entries.get(id)?.last()
    }

    /// The version as of this time: the longest prefix of what was recorded at or before it.
    pub(crate) fn as_of(&self, id: &str, time: Timestamp) -> u64 {
        let entries = self.entries.get(id).into_iter().flatten();
        entries
            .take_while(|entry| entry.recorded_at <= time)
            .count() as u64
    }

    /// The entry of this version; none for 0 and beyond the head.
    pub(crate) fn at(&self, id: &str, version: u64) -> Option<&Entry<A>> {
        let index = usize::try_from(version.checked_sub(1)?).ok()?;
        self.entries.get(id)?.get(index)
    }
}
