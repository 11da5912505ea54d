//! The checks of `EventStore::read_all`, by concept.

mod filters;
mod order;
mod places;
mod tailing;
mod windows;

pub(crate) use self::{filters::*, order::*, places::*, tailing::*, windows::*};

use crate::{Position, store::ReadAll};

/// Everything after this position, in pages of this size.
pub(crate) fn after(after: Option<Position>, limit: usize) -> ReadAll {
    ReadAll {
        after,
        limit,
        ..ReadAll::default()
    }
}

/// Everything of a category, or first events only, in pages of this size.
fn filtered(category: Option<&str>, first_only: bool, limit: usize) -> ReadAll {
    ReadAll {
        category: category.map(str::to_owned),
        first_only,
        limit,
        after: None,
    }
}
