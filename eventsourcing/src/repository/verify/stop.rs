//! How verification ends with its application: at once, and without anything of it running when `close` returns.

use std::sync::Arc;

use tokio::sync::watch;

/// Tells the verifications of an application to end.
#[derive(Debug, Clone)]
pub(crate) struct Stop(Arc<Told>);

#[derive(Debug)]
struct Told {
    stopped: watch::Sender<bool>,
    /// How many verifications are being polled: these run. One that waits on a runtime that nobody drives must not keep
    /// `close` waiting; it finds out when it is polled.
    working: watch::Sender<usize>,
}

/// A verification is being polled.
#[derive(Debug)]
pub(super) struct Working<'a>(&'a Told);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(Told {
            stopped: watch::Sender::new(false),
            working: watch::Sender::new(0),
        }))
    }
}

impl Stop {
    /// From now on none begins, and none that was begun goes on.
    pub(crate) fn stop(&self) {
        self.0.stopped.send_replace(true);
    }

    /// After `stop`: once nothing of them runs.
    pub(crate) async fn ended(&self) {
        // The sender is ours: it isn't dropped meanwhile.
        let mut working = self.0.working.subscribe();
        drop(working.wait_for(|working| *working == 0).await);
    }

    pub(super) fn is_stopped(&self) -> bool {
        *self.0.stopped.borrow()
    }

    /// None: it was told already.
    pub(super) fn listen(&self) -> Option<watch::Receiver<bool>> {
        let listener = self.0.stopped.subscribe();
        (!self.is_stopped()).then_some(listener)
    }

    /// For as long as this is held `ended` waits. None: it was told already.
    pub(super) fn work(&self) -> Option<Working<'_>> {
        // Counted before it is looked whether it was told: `ended` looks in the other order.
        self.0.working.send_modify(|working| *working += 1);
        let working = Working(&self.0);
        (!self.is_stopped()).then_some(working)
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.working.send_modify(|working| *working -= 1);
    }
}
