//! The bugs to plant: what was found in the libraries that our users would otherwise pick, each with where, and some of our
//! own. Each acts in `naive`, at the places that name it.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    None,
    /// cqrs-es 0.5.0: events applied twice into the snapshot.
    DoubleApply,
    /// cqrs-es 0.4.12: part of a batch, with the batch's last version.
    MidBatchVersion,
    /// disintegrate 4.0.1: an unusable snapshot becomes a fresh state at its version.
    DefaultAtVersion,
    /// evento 2 alpha, eventsource-py 0.14: a row of another schema is read as one's own.
    OtherSchemaRead,
    /// Our own first version: the shape plays no part in the key, and a forgotten bump is a misread.
    ZeroFingerprint,
    /// eventsource-py 0.8 and 0.14: the background captures when it gets to it.
    LateCapture,
    /// eventsource-py: an older snapshot replaces a newer one.
    OlderOverNewer,
    /// eventsource-py: the history was rewritten after a restore, and nobody looks.
    WrongAnchorAccepted,
    /// eventsource-py: a snapshot ahead of its restored stream.
    AheadAccepted,
    /// A damaged row is used as it is (bincode decodes 40 to 45 % of one-byte damages).
    ChecksumIgnored,
    /// eventsourcing 9.5: a truncated row breaks the aggregate for good.
    DamageIsFatal,
    /// eventsourcing 9.5: with the snapshot store down the save fails after the events were stored.
    StoreDownFailsSave,
    /// eventsource-py 0.8: `version % n == 0` never fires when saves stride over the multiples.
    NeverFires,
    /// eventsourcing 9.5: a snapshot for each multiple crossed.
    ManyPerSave,
    /// eventsourcing 9.5: the cache shares what is being changed.
    SharedCache,
    /// Axon #292, Spine #838: a snapshot of an instance with unsaved events.
    UnsavedCovered,
    /// Axon #440: the snapshot forgets that the aggregate is gone.
    DiscardForgotten,
    /// A past state from a snapshot of the future.
    PastFromNewest,
    /// An instance outlives a restore and saves onto another history of the same length.
    HistoryNotCompared,
    /// What a command decided on is acknowledged and not stored.
    CommandsAreForgotten,
    /// A state as of a time is that of now.
    AsOfIsNow,
    /// A history begins behind the newest snapshot.
    HistoryBeginsAtSnapshot,
}

impl Bug {
    pub(crate) const ALL: [Self; 22] = [
        Self::DoubleApply,
        Self::MidBatchVersion,
        Self::DefaultAtVersion,
        Self::OtherSchemaRead,
        Self::ZeroFingerprint,
        Self::LateCapture,
        Self::OlderOverNewer,
        Self::WrongAnchorAccepted,
        Self::AheadAccepted,
        Self::ChecksumIgnored,
        Self::DamageIsFatal,
        Self::StoreDownFailsSave,
        Self::NeverFires,
        Self::ManyPerSave,
        Self::SharedCache,
        Self::UnsavedCovered,
        Self::DiscardForgotten,
        Self::PastFromNewest,
        Self::HistoryNotCompared,
        Self::CommandsAreForgotten,
        Self::AsOfIsNow,
        Self::HistoryBeginsAtSnapshot,
    ];
}
