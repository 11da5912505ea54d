//! All events of a store, one behind the other, page by page.

use crate::{
    Position, Result,
    store::{EventPage, EventStore, ReadAll, RecordedEvent},
};

pub(super) struct Reader<'a> {
    store: &'a dyn EventStore,
    page: EventPage,
    next: usize,
    last: Option<Position>,
}

impl<'a> Reader<'a> {
    /// Behind this place, or from the beginning.
    pub(super) fn new(store: &'a dyn EventStore, after: Option<Position>) -> Self {
        Self {
            store,
            page: EventPage::new(),
            next: 0,
            last: after,
        }
    }

    /// The event that it is at; none behind the last one.
    pub(super) async fn event(&mut self) -> Result<Option<RecordedEvent<'_>>> {
        if self.next >= self.page.len() {
            let read = ReadAll {
                after: self.last,
                ..ReadAll::default()
            };
            self.page = self.store.read_all(read).await?;
            self.next = 0;
        }
        Ok(self.page.get(self.next))
    }

    /// Goes to the next one.
    pub(super) fn advance(&mut self) {
        if let Some(event) = self.page.get(self.next) {
            self.last = Some(event.position);
            self.next += 1;
        }
    }

    /// The place of the event that it has passed last.
    pub(super) fn last(&self) -> Option<Position> {
        self.last
    }
}
