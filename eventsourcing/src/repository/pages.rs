//! Pages of events on their way into a state: each is read while the one before it is folded.

use futures_util::future::join;
use tokio::task::yield_now;

use super::{
    Repository,
    replay::{Ids, Replay},
    storm::Permit,
};
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
        self.page_with(Ids::OfEach, stream, from, upto, limit).await
    }

    async fn page_with(
        &self,
        ids: Ids,
        stream: &StreamId,
        from: Version,
        upto: Version,
        limit: usize,
    ) -> Result<EventPage> {
        let read = ReadStream {
            fields: match ids {
                Ids::OfEach => EventFields::Identified,
                Ids::OfLast => EventFields::Folded,
            },
            ..ReadStream::from(from).up_to(upto).limit(limit)
        };
        self.inner.events.read_stream(stream, read).await
    }

    /// Folds this page without its first `skip` rows, and all pages behind it. While one is folded the next is read. The
    /// first one has each event's id.
    pub(super) async fn fold(
        &self,
        stream: &StreamId,
        replay: &mut Replay<'_, A>,
        mut page: EventPage,
        mut skip: usize,
        upto: Version,
        mut permit: Option<&mut Permit>,
    ) -> Result<()> {
        let (mut limit, mut ids) = (FIRST_PAGE, Ids::OfEach);
        loop {
            let Some(last) = page.last().filter(|_| page.has_more()) else {
                return self.fold_page(stream, replay, &page, ids, skip).await;
            };
            let next = last.version.next();
            if let Some(permit) = permit.as_mut().filter(|permit| permit.is_wanted()) {
                self.fold_page(stream, replay, &page, ids, skip).await?;
                permit.rest().await;
                limit = limit.min(FIRST_PAGE);
                page = self.page(stream, next, upto, limit).await?;
                (ids, skip) = (Ids::OfEach, 0);
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
            let next_ids = replay.wanted_ids();
            let next = self.page_with(next_ids, stream, next, upto, limit);
            let folded = self.fold_page(stream, replay, &page, ids, skip);
            let (next, folded) = join(next, folded).await;
            folded?;
            page = next?;
            (ids, skip) = (next_ids, 0);
        }
    }

    /// Folds this page without its first `skip` rows, in pieces. What needs more than the page has is read again.
    async fn fold_page(
        &self,
        stream: &StreamId,
        replay: &mut Replay<'_, A>,
        page: &EventPage,
        ids: Ids,
        skip: usize,
    ) -> Result<()> {
        let mut begin = skip;
        while begin < page.len() {
            let end = page.len().min(begin + PIECE);
            let left = replay.apply(page, begin..end, ids)?;
            if !left.is_empty() {
                let left = page.len() - left.start;
                // Rare, so that the futures of all loads need not have room for it.
                return Box::pin(self.fold_again(stream, replay, page, left)).await;
            }
            begin = end;
            if begin < page.len() {
                yield_now().await;
            }
        }
        Ok(())
    }

    /// Folds the last rows of this page, so many of them, read again with the id of each.
    async fn fold_again(
        &self,
        stream: &StreamId,
        replay: &mut Replay<'_, A>,
        page: &EventPage,
        left: usize,
    ) -> Result<()> {
        let Some(last) = page.last() else {
            return Ok(());
        };
        while replay.version() < last.version {
            let next = replay.version().next();
            let again = self.page(stream, next, last.version, left).await?;
            if again.is_empty() {
                break;
            }
            let mut begin = 0;
            while begin < again.len() {
                let end = again.len().min(begin + PIECE);
                replay.apply(&again, begin..end, Ids::OfEach)?;
                begin = end;
                yield_now().await;
            }
        }
        Ok(())
    }
}
