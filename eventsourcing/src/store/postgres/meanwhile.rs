//! Work that a task of its own drives, while whoever waits for it has other things to do; and that is over at once when nobody
//! waits for it any more.

use std::{
    future::{Future, poll_fn},
    panic::resume_unwind,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
};

use tokio::task::JoinSet;
use tracing::Instrument as _;

/// None: given up, or done.
type Slot<F> = Arc<Mutex<Option<Pin<Box<F>>>>>;

/// Whoever waits. A task that was aborted is dropped by the thread that has its turn, which can be busy for long; what the work
/// holds, a connection, has to be free before.
struct Waiting<F>(Slot<F>);

impl<F> Drop for Waiting<F> {
    fn drop(&mut self) {
        let work = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(work);
    }
}

/// What the work comes to; none if its runtime ends before. Panics as it does.
pub(super) async fn meanwhile<F>(work: F) -> Option<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let waiting = Waiting(Arc::new(Mutex::new(Some(Box::pin(work)))));
    let slot = Arc::clone(&waiting.0);
    let mut task = JoinSet::new();
    task.spawn(
        poll_fn(move |context| {
            let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(work) = slot.as_mut() else {
                return Poll::Ready(None);
            };
            let done = work.as_mut().poll(context);
            if done.is_ready() {
                *slot = None;
            }
            done.map(Some)
        })
        .in_current_span(),
    );
    match task.join_next().await {
        Some(Ok(done)) => done,
        Some(Err(error)) if error.is_panic() => resume_unwind(error.into_panic()),
        Some(Err(_)) | None => None,
    }
}
