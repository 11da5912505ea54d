//! The spans. Each is made by a function here; with no subscriber that is interested none allocates anything, and what it
//! would say is never looked at.
//!
//! They are never entered across an await: futures carry them (`Instrument`).

use tracing::{Span, debug_span, field::Empty};

use crate::{StreamId, Version};

const TARGET: &str = "eventsourcing";

/// A load of this version or, at most, of the head.
pub(crate) fn load(stream: &StreamId) -> Span {
    debug_span!(target: TARGET, "load", %stream, from = Empty, to = Empty, events = Empty, snapshot = Empty)
}

/// The fold of a load, of warming, or of a verification.
pub(crate) fn replay(stream: &StreamId, from: Version) -> Span {
    debug_span!(target: TARGET, "replay", %stream, from = from.get(), to = Empty, events = Empty)
}

/// A save of one root, with its snapshot and its subscribers.
pub(crate) fn save(stream: &StreamId, from: Version) -> Span {
    debug_span!(target: TARGET, "save", %stream, from = from.get(), to = Empty, events = Empty)
}

/// A save of several roots.
pub(crate) fn save_all(streams: usize) -> Span {
    debug_span!(target: TARGET, "save_all", streams, events = Empty)
}

/// What the policy says after a save, and the capture of the state.
pub(crate) fn capture(stream: &StreamId) -> Span {
    debug_span!(target: TARGET, "snapshot_capture", %stream, version = Empty)
}

/// A snapshot on its way to the store, within the call that wanted it.
pub(crate) fn store(stream: &StreamId, version: Version) -> Span {
    debug_span!(target: TARGET, "snapshot_store", %stream, version = version.get(), bytes = Empty)
}

/// The same in the background: whoever works the queue off, it is nobody's part.
pub(crate) fn store_in_background(stream: &StreamId, version: Version) -> Span {
    debug_span!(target: TARGET, parent: None, "snapshot_store", %stream, version = version.get(), bytes = Empty)
}

/// A replay behind a load's back, to verify the snapshot of this version.
pub(crate) fn verify(stream: &StreamId, version: Version) -> Span {
    debug_span!(target: TARGET, parent: None, "snapshot_verify", %stream, version = version.get(), outcome = Empty)
}

#[cfg(test)]
mod tests {
    use tracing::Instrument as _;

    use super::*;
    use crate::{StreamId, Version};

    /// What a disabled span costs: nothing is allocated, for it, for its fields, or for a future that carries it.
    #[test]
    fn without_a_subscriber_nothing_is_allocated() {
        let stream = StreamId::parse("ledger/main").expect("a stream");
        let mut ready = 0;
        let used = allocation_counter::measure(|| {
            let spans = [
                load(&stream),
                replay(&stream, Version::new(1)),
                save(&stream, Version::new(1)),
                save_all(2),
                capture(&stream),
                store(&stream, Version::new(1)),
                store_in_background(&stream, Version::new(1)),
                verify(&stream, Version::new(1)),
            ];
            for span in spans {
                span.record("to", 7);
                let carried = std::pin::pin!(std::future::ready(1).instrument(span.clone()));
                let mut context = std::task::Context::from_waker(std::task::Waker::noop());
                if let std::task::Poll::Ready(one) = carried.poll(&mut context) {
                    ready += one;
                }
            }
        });
        assert_eq!((ready, used.count_total), (8, 0));
    }
}
