//! Pages of events on their way into a state: each is read while the one before it is folded.

use futures_util::future::join;
use tokio::task::yield_now;

use super::{Repository, replay::Replay, storm::Permit};
use crate::{
    Result, StreamId, Version,
    aggregate::Aggregate,
    store::{EventFields, EventPage, ReadStream},
};

/// Of a load's first page, and of a snapshot's. Small enough to spare short streams.
pub(super) const FIRST_PAGE: usize = 128;

/// Of the pages behind it, each larger than the one before: the hop to the store and back costs as much as many events, and
/// the last page is folded while nothing is read.
const LARGEST_PAGE: usize = 2_048;
const GROWTH: usize = 4;

/// A page that would be larger than this may be one that its store breaks off.
const PAGE_BYTES: usize = 1 << 20;

/// So many events are folded until other tasks of the thread have their turn.
const PIECE: usize = 512;

impl<A: Aggregate> Repository<A> {
    /// Events to be folded, each with its id.
    pub(super) async fn page(
        &self,
        stream: &StreamId,
        from: Version,
        upto: Version,
        limit: usize,
    ) -> Result<EventPage> {
        let fields = EventFields::Identified;
        self.page_of(fields, stream, from, upto, limit).await
    }

    async fn page_of(
        &self,
        fields: EventFields,
        stream: &StreamId,
        from: Version,
        upto: Version,
        limit: usize,
    ) -> Result<EventPage> {
        let read = ReadStream {
            fields,
            ..ReadStream::from(from).up_to(upto).limit(limit)
        };
        self.inner.events.read_stream(stream, read).await
    }

    /// Folds this page without its first `skip` rows, and all pages behind it. While one is folded the next is read.
    pub(super) async fn fold(
        &self,
        stream: &StreamId,
        replay: &mut Replay<'_, A>,
        mut page: EventPage,
        mut skip: usize,
        upto: Version,
        mut permit: Option<&mut Permit>,
    ) -> Result<()> {
        let mut limit = FIRST_PAGE;
        loop {
            let Some(last) = page.last().filter(|_| page.has_more()) else {
                return fold_page(replay, &page, skip).await;
            };
            let next = last.version.next();
            if let Some(permit) = permit.as_mut().filter(|permit| permit.is_wanted()) {
                fold_page(replay, &page, skip).await?;
                permit.rest().await;
                limit = limit.min(FIRST_PAGE);
                page = self.page(stream, next, upto, limit).await?;
                skip = 0;
                continue;
            }
            // Whoever has a permit may be asked for it soon.
            let largest = if permit.is_some() {
                PIECE
            } else {
                LARGEST_PAGE
            };
            if page.len() < limit / 2 {
                // Ended by its bytes: a store may send all that it is asked for, and use no more than this.
                limit = page.len().max(1);
            } else if page.byte_len() < PAGE_BYTES / GROWTH {
                limit = (limit * GROWTH).min(largest);
            }
            // A store in memory answers at once: without this a long replay would keep its thread from all other tasks.
            yield_now().await;
            let fields = replay.wanted_fields();
            let next = self.page_of(fields, stream, next, upto, limit);
            let (next, folded) = join(next, fold_page(replay, &page, skip)).await;
            folded?;
            page = next?;
            skip = 0;
        }
    }
}

/// Folds this page without its first `skip` rows, in pieces.
async fn fold_page<A: Aggregate>(
    replay: &mut Replay<'_, A>,
    page: &EventPage,
    skip: usize,
) -> Result<()> {
    let mut begin = skip;
    loop {
        let end = begin + PIECE;
        replay.apply(page, begin..end.min(page.len()))?;
        if end >= page.len() {
            return Ok(());
        }
        begin = end;
        yield_now().await;
    }
}
