//! The catalogue: a read model over all files, folded from the stored events and from nothing else.
//!
//! It is made afresh whenever it is needed: before an import goes on (which file is at which path now), and for the report.
//! That reads every event once, a matter of seconds for millions of them, and loads no aggregate.

use std::collections::HashMap;

use eventsourcing::{
    Aggregate, Codec, Event, EventStore, StreamId,
    codec::{CodecError, Json},
    store::{ReadAll, RecordedEvent},
};

use crate::{
    domain::{Changed, Created, Deleted, File, ModeChanged, Renamed},
    error::Error,
    log::Lines,
};

/// What is known of all files together.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    files: HashMap<u64, Listed>,
    lines: Lines,
}

/// What is known of one file.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// The last one, if it was deleted.
    pub(crate) path: String,
    pub(crate) is_alive: bool,
    /// Its version: how many events it has.
    pub(crate) events: u64,
    pub(crate) lines: Lines,
}

impl Catalogue {
    /// Reads all events of all files.
    pub(crate) async fn read(store: &dyn EventStore) -> Result<Self, Error> {
        let mut catalogue = Self::default();
        let mut read = ReadAll {
            category: Some(File::NAME.to_owned()),
            limit: 4096,
            ..ReadAll::default()
        };
        loop {
            let page = store.read_all(read.clone()).await?;
            for event in page.iter() {
                catalogue.add(&event)?;
            }
            match page.last() {
                Some(last) if page.has_more() => read.after = Some(last.position),
                _ => return Ok(catalogue),
            }
        }
    }

    /// Where each living file is.
    pub(crate) fn into_paths(self) -> HashMap<String, u64> {
        self.files
            .into_iter()
            .filter(|(_, file)| file.is_alive)
            .map(|(id, file)| (file.path, id))
            .collect()
    }

    /// All files by the length of their histories, the longest first.
    pub(crate) fn longest(&self) -> Vec<(u64, &Listed)> {
        let mut files: Vec<_> = self.files.iter().map(|(id, file)| (*id, file)).collect();
        files.sort_unstable_by_key(|(id, file)| (u64::MAX - file.events, *id));
        files
    }

    /// How many files exist now.
    pub(crate) fn alive(&self) -> usize {
        self.files.values().filter(|file| file.is_alive).count()
    }

    /// The sums over all files, deleted ones too.
    pub(crate) fn lines(&self) -> Lines {
        self.lines
    }

    fn add(&mut self, event: &RecordedEvent<'_>) -> Result<(), Error> {
        let id = StreamId::parse(event.stream)?.id().parse();
        let id: u64 = id.map_err(|error| unreadable(event, error))?;
        let file = self.files.entry(id).or_default();
        file.events = event.version.get();
        let lines = match event.name {
            Created::NAME => {
                let created: Created = decode(event)?;
                file.path = created.path;
                file.is_alive = true;
                created.lines
            }
            Renamed::NAME => {
                file.path = decode::<Renamed>(event)?.path;
                None
            }
            ModeChanged::NAME => None,
            Changed::NAME => decode::<Changed>(event)?.lines,
            Deleted::NAME => {
                file.is_alive = false;
                decode::<Deleted>(event)?.lines
            }
            name => return Err(unreadable(event, format!("it is stored as {name:?}"))),
        };
        let lines = lines.unwrap_or_default();
        file.lines += lines;
        self.lines += lines;
        Ok(())
    }
}

fn decode<E: Event>(event: &RecordedEvent<'_>) -> Result<E, Error> {
    let decoded = if event.codec == Json::NAME {
        Json.decode(event.payload)
    } else {
        Err(CodecError::new(format!(
            "it was written by {}",
            event.codec
        )))
    };
    decoded.map_err(|error| unreadable(event, error))
}

fn unreadable(
    event: &RecordedEvent<'_>,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    Error::Unreadable {
        stream: event.stream.to_owned(),
        version: event.version.get(),
        source: source.into(),
    }
}
