//! What the derives generate, seen from a user's code. Mistakes are in `ui/`, the code itself in `eventsourcing-derive/golden/`.

#[path = "derive/aggregate.rs"]
mod aggregate;
#[path = "derive/event.rs"]
mod event;
#[path = "derive/evolution/mod.rs"]
mod evolution;
#[path = "derive/id.rs"]
mod id;
#[path = "derive/listing.rs"]
mod listing;
#[path = "derive/schema/mod.rs"]
mod schema;

macro_rules! stores {
    ($($store:ident: $history:ident, $snapshots:ident;)*) => {$(
        mod $store {
            mod evolution {
                #[tokio::test]
                async fn every_history() {
                    crate::evolution::lifecycle::$history().await;
                }

                #[tokio::test]
                async fn snapshots_at_every_prefix() {
                    crate::evolution::snapshots::$snapshots().await;
                }
            }
        }
    )*};
}

stores! {
    memory: every_history_in_memory, snapshots_at_every_prefix_in_memory;
    sqlite: every_history_in_sqlite, snapshots_at_every_prefix_in_sqlite;
}
