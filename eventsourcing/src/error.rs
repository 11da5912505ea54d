//! What went wrong, with where: the error type of every operation, and the one of commands.
//!
//! A new kind of failure is a new [`ErrorKind`]; nothing else needs to change here.

use std::{error::Error as StdError, fmt};

use crate::{StreamId, Version};

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn StdError + Send + Sync + 'static>;

/// Why an operation failed. Match on it through [`Error::kind`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Somebody else saved to the stream first. Nothing of this save was stored.
    Conflict {
        /// The version that the save was based on.
        expected: Version,
        /// The version that the stream has.
        actual: Version,
    },
    /// No such aggregate: it has no events, was discarded, or did not exist at the wanted point.
    NotFound,
    /// More events for an aggregate that was discarded.
    Discarded,
    /// An id or a name that can't be stored: empty, too long, or with characters that are not allowed.
    InvalidName,
    /// A combination of settings that can't work; says which.
    InvalidConfiguration,
    /// An event, or the state of a snapshot, that its codec can't write so that it can be read back. Nothing was stored.
    Unfaithful,
    /// Stored bytes that can't be decoded.
    Corrupt,
    /// A stored event with a name that the aggregate doesn't know.
    UnknownEvent {
        /// The stored name.
        name: String,
    },
    /// A stored event of a version that this program has no type for.
    UnsupportedEventVersion {
        /// The stored name.
        name: String,
        /// The stored version of the event's shape.
        stored: u32,
        /// The nearest version that this program knows.
        known: u32,
    },
    /// A row stored by a codec that this repository hasn't got.
    UnknownCodec {
        /// The stored codec's name.
        codec: String,
    },
    /// An event stored through a [layer](crate::codec::layer) that this repository doesn't know.
    UnknownLayer {
        /// The stored layer's name.
        layer: String,
    },
    /// Stored bytes that their [layer](crate::codec::layer) can't open: their key isn't there, it is the wrong one, or they
    /// were sealed for another row.
    Locked {
        /// The layer's name.
        layer: String,
        /// The id of the key that they name.
        key: Option<String>,
    },
    /// A stream whose versions are not contiguous.
    Gap {
        /// The version that should have come next.
        expected: Version,
        /// The version that came.
        found: Version,
    },
    /// A stream that breaks its life cycle: no creation event first, one in the middle, or events after a discard.
    LifeCycle,
    /// The root has events that are not saved.
    Unsaved,
    /// The root's state can't be trusted any more: one of its handlers panicked, or it was loaded through a snapshot that
    /// is quarantined by now.
    Poisoned,
    /// A commit or a value beyond what the store can hold.
    TooLarge,
    /// The store's disk or quota is full. Nothing of this save was stored.
    Full,
    /// The store can be read, not written.
    ReadOnly,
    /// The store is busy or can't be reached. Nothing of this save was stored; trying again may help.
    Unavailable,
    /// The file or database isn't one of ours, or is of a newer format than this program knows.
    UnsupportedFormat,
    /// What this store can't do, by its [`Capabilities`](crate::store::Capabilities).
    Unsupported,
    /// The store's answer to an append was lost and it could not be found out whether the events are stored.
    /// Saving the same root again resolves it and stores nothing twice.
    OutcomeUnknown,
    /// Any other failure of the store.
    Storage,
}

/// An error of a repository or a store: a kind, the operation, the stream and version it was about, and a source.
pub struct Error(Box<Parts>);

struct Parts {
    kind: ErrorKind,
    operation: Option<&'static str>,
    stream: Option<StreamId>,
    version: Option<Version>,
    detail: Option<String>,
    source: Option<Source>,
    final_: bool,
}

impl Error {
    /// An error of this kind.
    pub fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Parts {
            kind,
            operation: None,
            stream: None,
            version: None,
            detail: None,
            source: None,
            final_: false,
        }))
    }

    /// A conflict over `stream`.
    pub fn conflict(stream: StreamId, expected: Version, actual: Version) -> Self {
        Self::new(ErrorKind::Conflict { expected, actual }).at(stream)
    }

    /// Names the operation, unless a more precise one is named already.
    pub fn during(mut self, operation: &'static str) -> Self {
        self.0.operation.get_or_insert(operation);
        self
    }

    /// Names the operation that the user called, in the place of the one within it.
    pub(crate) fn of_call(mut self, operation: &'static str) -> Self {
        self.0.operation = Some(operation);
        self
    }

    /// Names the stream, unless one is named already.
    pub fn at(mut self, stream: StreamId) -> Self {
        self.0.stream.get_or_insert(stream);
        self
    }

    /// Names the version, unless one is named already.
    pub fn at_version(mut self, version: Version) -> Self {
        self.0.version.get_or_insert(version);
        self
    }

    /// Says more, in a few words.
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Keeps the error underneath.
    pub fn caused_by(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The operation that failed, as the method's name (`load`, `save` …).
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The stream it was about.
    pub fn stream(&self) -> Option<&StreamId> {
        self.0.stream.as_ref()
    }

    /// The version (a count of events) it was about.
    pub fn version(&self) -> Option<Version> {
        self.0.version
    }

    /// Whether somebody else saved first.
    pub fn is_conflict(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Conflict { .. })
    }

    /// Whether the aggregate isn't there (never was, or was discarded).
    pub fn is_not_found(&self) -> bool {
        matches!(self.0.kind, ErrorKind::NotFound)
    }

    /// The call must not simply be made again: what it tried may have happened.
    pub(crate) fn not_retryable(mut self) -> Self {
        self.0.final_ = true;
        self
    }

    /// Whether the same call can succeed later without anybody mending anything: after a conflict with
    /// a fresh load, otherwise as it is. False for a creation whose id is taken, and for a command whose outcome is unknown: doing it again could do it twice.
    pub fn is_retryable(&self) -> bool {
        !self.0.final_
            && match self.0.kind {
                ErrorKind::Conflict { expected, .. } => expected > 0,
                ErrorKind::Unavailable | ErrorKind::OutcomeUnknown => true,
                _ => false,
            }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            kind,
            operation,
            stream,
            version,
            detail,
            ..
        } = &*self.0;
        if let Some(operation) = operation {
            write!(f, "{operation}")?;
            if stream.is_some() {
                f.write_str(" ")?;
            }
        }
        if let Some(stream) = stream {
            write!(f, "{stream}")?;
            if let Some(version) = version {
                write!(f, " at version {version}")?;
            }
        }
        if operation.is_some() || stream.is_some() {
            f.write_str(": ")?;
        }
        write!(f, "{kind}")?;
        if let Some(detail) = detail {
            write!(f, ": {detail}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { expected, actual } if *expected == 0 => {
                write!(
                    f,
                    "conflict: the id is taken, the stream is at version {actual}"
                )
            }
            Self::Conflict { expected, actual } if expected == actual => write!(
                f,
                "conflict: the event of version {actual} is another one, the stream has another history"
            ),
            Self::Conflict { expected, actual } => write!(
                f,
                "conflict: expected version {expected}, the stream is at {actual}"
            ),
            Self::NotFound => f.write_str("not found"),
            Self::Discarded => f.write_str("discarded: nothing more can be saved"),
            Self::InvalidName => f.write_str("invalid name"),
            Self::InvalidConfiguration => f.write_str("invalid configuration"),
            Self::Unfaithful => {
                f.write_str("what was to be stored can't be read back as written, so nothing was")
            }
            Self::Corrupt => f.write_str("stored bytes can't be decoded"),
            Self::UnknownEvent { name } => write!(
                f,
                "unknown event {name:?}: a newer program stored it, or it has another name by now (`#[event(alias = {name:?})]` on it), \
                 or is to be read as other events (`legacy(...)` on the aggregate) or as none (`retired({name:?})`)"
            ),
            Self::UnsupportedEventVersion {
                name,
                stored,
                known,
            } => write!(
                f,
                "event {name:?} is stored in version {stored}, this program knows version {known}"
            ),
            Self::UnknownCodec { codec } => write!(f, "stored by an unknown codec {codec:?}"),
            Self::UnknownLayer { layer } => write!(f, "stored through an unknown layer {layer:?}"),
            Self::Locked { layer, key: None } => write!(f, "layer {layer:?} can't open it"),
            Self::Locked {
                layer,
                key: Some(key),
            } => write!(f, "layer {layer:?} can't open it (key {key:?})"),
            Self::Gap { expected, found } => {
                write!(f, "gap: version {expected} is missing, found {found}")
            }
            Self::LifeCycle => f.write_str("the stream breaks its life cycle"),
            Self::Unsaved => f.write_str("there are unsaved events"),
            Self::Poisoned => f.write_str("its state can't be trusted"),
            Self::TooLarge => f.write_str("too large"),
            Self::Full => f.write_str("the store is full"),
            Self::ReadOnly => f.write_str("the store is read-only"),
            Self::Unavailable => f.write_str("the store is unavailable"),
            Self::UnsupportedFormat => f.write_str("unsupported format"),
            Self::Unsupported => f.write_str("not supported by this store"),
            Self::OutcomeUnknown => {
                f.write_str("outcome unknown: the events may be stored, save again to find out")
            }
            Self::Storage => f.write_str("the store failed"),
        }
    }
}

/// What there is of it: `fn main() -> Result<(), Error>` shows errors so.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            kind,
            operation,
            stream,
            version,
            detail,
            source,
            ..
        } = &*self.0;
        let mut parts = f.debug_struct("Error");
        parts.field("kind", kind);
        if let Some(operation) = operation {
            parts.field("operation", operation);
        }
        if let Some(stream) = stream {
            parts.field("stream", stream);
        }
        if let Some(version) = version {
            parts.field("version", &version.get());
        }
        if let Some(detail) = detail {
            parts.field("detail", detail);
        }
        if let Some(source) = source {
            parts.field("source", source);
        }
        parts.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}

/// Why a command did not happen: the domain said no, or the infrastructure failed.
#[derive(Debug)]
pub enum CommandError<X> {
    /// The decision's own error, as the closure returned it.
    Rejected(X),
    /// Loading or saving failed; after too many conflicts, the last conflict.
    Failed(Error),
}

impl<X> CommandError<X> {
    /// The domain's error, if it was one.
    pub fn rejection(&self) -> Option<&X> {
        match self {
            Self::Rejected(rejection) => Some(rejection),
            Self::Failed(_) => None,
        }
    }

    /// The infrastructure's error, if it was one.
    pub fn failure(&self) -> Option<&Error> {
        match self {
            Self::Rejected(_) => None,
            Self::Failed(error) => Some(error),
        }
    }
}

impl<X> From<Error> for CommandError<X> {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl<X: fmt::Display> fmt::Display for CommandError<X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => rejection.fmt(f),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl<X: StdError + 'static> StdError for CommandError<X> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Rejected(rejection) => rejection.source(),
            Self::Failed(error) => error.source(),
        }
    }
}
