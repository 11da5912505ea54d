//! From a path to a connection: flags, pragmas, and saying plainly why a file can't be opened.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{
    SqliteOptions,
    errors::{Failure, Sql},
};
use crate::{Error, ErrorKind, Result};

const URI_SCHEME: &str = "file:";
const MEMORY: &str = ":memory:";

/// The smallest page, in bytes.
const MIN_FILE_LEN: u64 = 512;

/// KiB of pages that the writer's connection keeps: room for what a large commit changes.
const WRITER_CACHE: u32 = 65_536;

/// KiB of pages that each connection keeps that reads. There are several, and what one of them hasn't got the system has.
const READER_CACHE: u32 = 32_768;

/// Where a database is.
#[derive(Debug, Clone)]
pub(super) struct Location {
    /// What SQLite is given. Absolute, so that a connection opened later finds the same file after a change of folder.
    target: PathBuf,
    is_uri: bool,
    /// How errors call it.
    name: Arc<str>,
}

impl Location {
    pub(super) fn memory() -> Self {
        Self::new(Path::new(MEMORY))
    }

    /// A path, `:memory:`, or a `file:` URI.
    pub(super) fn new(path: &Path) -> Self {
        let name = match path.to_str() {
            Some(MEMORY) => "in-memory database".into(),
            _ => format!("\"{}\"", path.display()).into(),
        };
        let uri = path.to_str().filter(|text| text.starts_with(URI_SCHEME));
        Self {
            target: match uri {
                Some(uri) => absolute_uri(uri).into(),
                None if path == Path::new(MEMORY) => path.into(),
                None => std::path::absolute(path).unwrap_or_else(|_| path.into()),
            },
            is_uri: uri.is_some(),
            name,
        }
    }

    /// Whether it says that nothing is to be kept.
    pub(super) fn is_memory(&self) -> bool {
        let uri = || self.target.to_str().filter(|_| self.is_uri);
        self.target == Path::new(MEMORY)
            || uri().is_some_and(|uri| uri.contains(MEMORY) || uri.contains("mode=memory"))
    }

    /// How errors call it.
    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The connection that creates, migrates and writes.
    pub(super) fn open_writer(&self, options: &SqliteOptions) -> Result<Connection> {
        self.refuse_impossible()?;
        let connection = self
            .open(options, options.create)
            .and_then(|connection| {
                configure(&connection, options, WRITER_CACHE)?;
                Ok(connection)
            })
            .map_err(|error| self.explain(error))?;
        Ok(connection)
    }

    /// A connection that only reads.
    pub(super) fn open_reader(&self, options: &SqliteOptions) -> Sql<Connection> {
        // With `mode=rwc` SQLite insists on the flag; otherwise a file that is gone must not come back empty.
        let connection = self.open(options, self.is_uri && options.create)?;
        configure(&connection, options, READER_CACHE)?;
        connection.execute_batch("PRAGMA query_only = ON")?;
        Ok(connection)
    }

    fn open(&self, options: &SqliteOptions, create: bool) -> Sql<Connection> {
        let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if options.read_only {
            flags |= OpenFlags::SQLITE_OPEN_READ_ONLY;
        } else {
            flags |= OpenFlags::SQLITE_OPEN_READ_WRITE;
            flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
        }
        flags.set(OpenFlags::SQLITE_OPEN_URI, self.is_uri);
        Connection::open_with_flags(&self.target, flags)
    }

    /// The file that is meant.
    fn file(&self) -> PathBuf {
        match self.target.to_str() {
            Some(uri) if self.is_uri => file_of_uri(uri),
            _ => self.target.clone(),
        }
    }

    /// What SQLite would open, and perhaps write to, but can't be a database.
    ///
    /// Never by opening the file: closing it again would drop the locks that another store in this process has on it.
    fn refuse_impossible(&self) -> Result<()> {
        if self.target == Path::new("") {
            return Err(Error::new(ErrorKind::InvalidConfiguration)
                .because("the path of the database is empty"));
        }
        let Ok(metadata) = self.file().metadata() else {
            return Ok(());
        };
        let (kind, what) = if metadata.is_dir() {
            (ErrorKind::Storage, "it is a directory, not a file")
        } else if metadata.is_file() && (1..MIN_FILE_LEN).contains(&metadata.len()) {
            // SQLite takes a file of one byte for a new one, and would overwrite it.
            let what = "file is not a database: it is too short for one, and not empty";
            (ErrorKind::UnsupportedFormat, what)
        } else {
            return Ok(());
        };
        Err(Error::new(kind).because(format!("{}: {what}", self.name)))
    }

    fn explain(&self, error: rusqlite::Error) -> Error {
        let file = self.file();
        let missing = match file.parent() {
            _ if error.sqlite_error_code() != Some(rusqlite::ErrorCode::CannotOpen) => None,
            Some(folder) if folder != Path::new("") && !folder.is_dir() => Some(format!(
                "{}: there is no folder \"{}\"",
                self.name,
                folder.display()
            )),
            _ if !file.exists() => Some(format!("{}: there is no such file", self.name)),
            _ => None,
        };
        let translated = Failure::new(&self.name, error).to_error();
        match missing {
            Some(detail) => translated.because(detail),
            None => translated,
        }
    }
}

/// A relative `file:` URI with the current folder before it.
fn absolute_uri(uri: &str) -> String {
    let rest = uri.strip_prefix(URI_SCHEME).unwrap_or(uri);
    if rest.starts_with('/') || rest.starts_with(MEMORY) || rest.contains("mode=memory") {
        return uri.to_owned();
    }
    match std::env::current_dir() {
        Ok(folder) => match folder.to_str() {
            Some(folder) => {
                let folder = folder
                    .replace('%', "%25")
                    .replace('?', "%3f")
                    .replace('#', "%23");
                format!("{URI_SCHEME}{folder}/{rest}")
            }
            None => uri.to_owned(),
        },
        Err(_) => uri.to_owned(),
    }
}

/// The path in a `file:` URI, without authority, query and fragment, unescaped.
fn file_of_uri(uri: &str) -> PathBuf {
    let rest = uri.strip_prefix(URI_SCHEME).unwrap_or(uri);
    let path = rest.split(['?', '#']).next().unwrap_or(rest);
    let path = match path.strip_prefix("//") {
        Some(path) => path.strip_prefix("localhost").unwrap_or(path),
        None => path,
    };
    let mut bytes = Vec::with_capacity(path.len());
    let mut pieces = path.split('%');
    bytes.extend_from_slice(pieces.next().unwrap_or_default().as_bytes());
    for piece in pieces {
        let escaped = piece.get(..2).map(|hex| u8::from_str_radix(hex, 16));
        if let Some(Ok(byte)) = escaped {
            bytes.push(byte);
            bytes.extend(piece.bytes().skip(2));
        } else {
            bytes.push(b'%');
            bytes.extend(piece.bytes());
        }
    }
    // Only for looking at it: with bytes that are no UTF-8 it isn't found, and SQLite has the say.
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// The first of the pragmas reads the schema, and so rolls back what a crash left in a rollback journal (there is one while a
/// file is made), with syncs whatever `synchronous` is set to.
fn configure(connection: &Connection, options: &SqliteOptions, cache: u32) -> Sql<()> {
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(32);
    // Without it a statement is prepared again for every set of values, lest another index were better for these.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(&format!(
        "PRAGMA cache_size = -{cache}; PRAGMA trusted_schema = OFF; PRAGMA synchronous = {};",
        options.synchronous.pragma()
    ))?;
    if let Some(pages) = options.max_page_count {
        connection.execute_batch(&format!("PRAGMA max_page_count = {pages}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_name_their_file() {
        for (uri, file) in [
            ("file:/a/b.db", "/a/b.db"),
            ("file:///a/b.db?mode=ro", "/a/b.db"),
            ("file://localhost/a%20b%3f.db#x", "/a b?.db"),
            ("file:a%zz%", "a%zz%"),
        ] {
            assert_eq!(file_of_uri(uri), Path::new(file));
        }
    }

    #[test]
    fn every_connection_is_durable_and_has_room() {
        let folder = std::env::temp_dir();
        let path = folder.join(format!("eventsourcing-{}.db", uuid::Uuid::now_v7()));
        let options = SqliteOptions::default();
        let location = Location::new(&path);
        let mut writer = location.open_writer(&options).unwrap();
        super::super::schema::prepare(&mut writer, location.name(), &options).unwrap();
        let reader = location.open_reader(&options).unwrap();
        for (connection, cache) in [(&writer, 65_536), (&reader, 32_768)] {
            let pragma = |name: &str| -> i64 {
                let sql = format!("PRAGMA {name}");
                connection.query_row(&sql, [], |row| row.get(0)).unwrap()
            };
            assert_eq!(pragma("synchronous"), 2, "FULL");
            assert_eq!(pragma("cache_size"), -cache);
            assert_eq!(pragma("page_size"), 4_096);
            assert_eq!(pragma("busy_timeout"), 5_000);
        }
        assert!(reader.execute_batch("DELETE FROM events").is_err());
        drop((reader, writer));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_statement_is_prepared_once() {
        use super::super::{read, snapshots::NEWEST};

        let folder = std::env::temp_dir();
        let path = folder.join(format!("eventsourcing-{}.db", uuid::Uuid::now_v7()));
        let options = SqliteOptions::default();
        let location = Location::new(&path);
        let mut writer = location.open_writer(&options).unwrap();
        super::super::schema::prepare(&mut writer, location.name(), &options).unwrap();
        let reader = location.open_reader(&options).unwrap();
        let on_the_way = [read::STANDING, read::FOLDED, read::IDENTITY];
        for sql in on_the_way.into_iter().chain([read::IDENTIFIED, NEWEST]) {
            let mut statement = reader.prepare(sql).unwrap();
            for value in 0..10 {
                let bound = (1..=statement.parameter_count()).map(|_| value);
                let rows = statement.query(rusqlite::params_from_iter(bound));
                assert!(rows.unwrap().next().unwrap().is_none());
            }
            let again = statement.get_status(rusqlite::StatementStatus::RePrepare);
            assert_eq!(again, 0, "{sql}");
        }
        drop((reader, writer));
        std::fs::remove_file(path).unwrap();
    }
}
