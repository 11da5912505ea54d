//! From a path to a connection: flags, pragmas, and saying plainly why a file can't be opened.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::{Connection, OpenFlags};

use super::{
    SqliteOptions,
    errors::{Failure, Sql},
};
use crate::{Error, ErrorKind, Result};

const URI_SCHEME: &str = "file:";
const MEMORY: &str = ":memory:";

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
            _ => format!("{path:?}").into(),
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

    /// How errors call it.
    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The connection that creates, migrates and writes.
    pub(super) fn open_writer(&self, options: &SqliteOptions) -> Result<Connection> {
        self.refuse_directory()?;
        let connection = self
            .open(options, options.create)
            .and_then(|connection| {
                configure(&connection, options)?;
                Ok(connection)
            })
            .map_err(|error| self.explain(error))?;
        Ok(connection)
    }

    /// A connection that only reads.
    pub(super) fn open_reader(&self, options: &SqliteOptions) -> Sql<Connection> {
        // With `mode=rwc` SQLite insists on the flag; otherwise a file that is gone must not come back empty.
        let connection = self.open(options, self.is_uri && options.create)?;
        configure(&connection, options)?;
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

    /// The file, as far as the path can be told from a URI.
    fn file(&self) -> PathBuf {
        match self.target.to_str() {
            Some(text) if self.is_uri => {
                let path = text.strip_prefix(URI_SCHEME).unwrap_or(text);
                let end = path.find(['?', '#']).unwrap_or(path.len());
                path.get(..end).unwrap_or(path).into()
            }
            _ => self.target.clone(),
        }
    }

    fn refuse_directory(&self) -> Result<()> {
        if self.file().is_dir() {
            let detail = format!("{}: it is a directory, not a file", self.name);
            return Err(Error::new(ErrorKind::Storage).because(detail));
        }
        Ok(())
    }

    fn explain(&self, error: rusqlite::Error) -> Error {
        let file = self.file();
        let missing = match file.parent() {
            _ if error.sqlite_error_code() != Some(rusqlite::ErrorCode::CannotOpen) => None,
            Some(folder) if folder != Path::new("") && !folder.is_dir() => {
                Some(format!("{}: there is no folder {folder:?}", self.name))
            }
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

fn configure(connection: &Connection, options: &SqliteOptions) -> Sql<()> {
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(32);
    connection.execute_batch(&format!(
        "PRAGMA cache_size = -65536; PRAGMA trusted_schema = OFF; PRAGMA synchronous = {};",
        options.synchronous.pragma()
    ))?;
    if let Some(pages) = options.max_page_count {
        connection.execute_batch(&format!("PRAGMA max_page_count = {pages}"))?;
    }
    Ok(())
}
