//! What a database of `git_history` holds, read through the event store and folded without the example's own code.

use std::{collections::BTreeMap, path::Path};

use eventsourcing::{
    EventStore,
    store::{ReadAll, RecordedEvent, SqliteStore},
};
use serde_json::Value;
use tokio::runtime::Builder;

/// What must be the same for the same log: the order, and this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) stream: String,
    pub(super) version: u64,
    pub(super) name: String,
    pub(super) payload: Value,
    /// The payload as it is stored.
    pub(super) text: String,
}

impl Row {
    pub(super) fn is_of_file(&self) -> bool {
        self.stream.starts_with("file/")
    }

    fn text_of(&self, field: &str) -> String {
        let value = self.payload[field].as_str();
        value
            .unwrap_or_else(|| panic!("{field} in {self:?}"))
            .to_owned()
    }
}

/// Runs a future on a runtime of its own.
pub(super) fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

/// Everything in the database, in global order.
pub(super) fn rows(db: &Path) -> Vec<Row> {
    wait_for(read(db))
}

async fn read(db: &Path) -> Vec<Row> {
    let store = SqliteStore::open(db).await.expect("the program made it");
    let mut rows = Vec::new();
    let mut read = ReadAll::default();
    loop {
        let page = store.read_all(read.clone()).await.expect("it can be read");
        rows.extend(page.iter().map(|event| row(&event)));
        match page.last() {
            Some(last) if page.has_more() => read.after = Some(last.position),
            _ => return rows,
        }
    }
}

fn row(event: &RecordedEvent<'_>) -> Row {
    let text = String::from_utf8(event.payload.to_vec()).expect("JSON is text");
    Row {
        stream: event.stream.to_owned(),
        version: event.version.get(),
        name: event.name.to_owned(),
        payload: serde_json::from_str(&text).expect("payloads are JSON"),
        text,
    }
}

/// Path to mode and blob of the files that are alive.
pub(super) fn tree(rows: &[Row]) -> BTreeMap<String, (String, String)> {
    let mut files: BTreeMap<&str, (String, String, String)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_of_file()) {
        let file = files.entry(&row.stream).or_default();
        match row.name.as_str() {
            "Created" => {
                let (path, mode) = (row.text_of("path"), row.text_of("mode"));
                *file = (path, mode, row.text_of("blob"));
            }
            "Renamed" => file.0 = row.text_of("path"),
            "ModeChanged" => file.1 = row.text_of("mode"),
            "Changed" => file.2 = row.text_of("blob"),
            "Deleted" => drop(files.remove(row.stream.as_str())),
            other => panic!("unknown event {other}"),
        }
    }
    let count = files.len();
    let tree: BTreeMap<_, _> = files
        .into_values()
        .map(|(path, mode, blob)| (path, (mode, blob)))
        .collect();
    assert_eq!(tree.len(), count, "two living files have one path");
    tree
}

/// The same from `git ls-tree -r -z`.
pub(super) fn tree_of_git(listing: &[u8]) -> BTreeMap<String, (String, String)> {
    let entries = listing
        .split(|&byte| byte == 0)
        .filter(|entry| !entry.is_empty());
    entries
        .map(|entry| {
            let tab = entry
                .iter()
                .position(|&byte| byte == b'\t')
                .expect("a tab before the path");
            let head = String::from_utf8_lossy(&entry[..tab]).into_owned();
            let mut words = head.split(' ');
            let (mode, _, blob) = (words.next(), words.next(), words.next());
            let path = super::log::path_text(&entry[tab + 1..]);
            (
                path,
                (
                    mode.unwrap_or_default().to_owned(),
                    blob.unwrap_or_default().to_owned(),
                ),
            )
        })
        .collect()
}

/// The events of the file that was created last at this path, by name.
pub(super) fn life<'a>(rows: &'a [Row], path: &str) -> Vec<&'a str> {
    let mut births = rows.iter().filter(|row| row.name == "Created");
    let born = births.rfind(|row| row.payload["path"] == path);
    let stream = &born
        .unwrap_or_else(|| panic!("nothing was created at {path:?}"))
        .stream;
    let events = rows.iter().filter(|row| row.stream == *stream);
    events.map(|row| row.name.as_str()).collect()
}
