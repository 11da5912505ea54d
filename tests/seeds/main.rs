//! The statements of the seed documents in Rust, over each store.
//!
//! One file per document, its statements in document order, each assertion under the document's own line. A scenario is a
//! function that takes a [`Bed`](bed::Bed); below it is instantiated once per store, so that a test's name begins
//! with its store: `sqlite::doc_001::basic_snapshot_version`. A scenario that isn't listed below is dead code, which is
//! an error in CI.

mod bed;
mod doc_000;
mod doc_001;
mod doc_001_commands;
mod doc_001_table;
mod doc_002;
mod example;
#[path = "../../examples/snapshotting/order/mod.rs"]
mod order;
#[allow(missing_docs, unreachable_pub, reason = "kept verbatim")]
mod order_sketch;
mod sketch;
mod wrappers;

/// What a scenario ends with.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

macro_rules! scenarios {
    ($($module:ident { $($scenario:ident,)+ })+) => {
        scenarios!(@over memory { $($module { $($scenario)+ })+ });
        scenarios!(@over sqlite { $($module { $($scenario)+ })+ });
        scenarios!(@over postgres { $($module { $($scenario)+ })+ });
    };
    (@over $store:ident { $($module:ident { $($scenario:ident)+ })+ }) => {
        mod $store { $(
            mod $module { $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $scenario() -> crate::Outcome {
                    match crate::bed::Bed::$store().await? {
                        Some(bed) => crate::$module::$scenario(bed).await,
                        None => Ok(()),
                    }
                }
            )+ }
        )+ }
    };
}

scenarios! {
    doc_000 {
        no_snapshot_with_only_one_event_so_far,
        snapshot_after_the_second_event,
        can_recover_entity_using_snapshot,
        snapshot_after_five_events,
        entity_after_seven_events,
        snapshot_after_seven_events,
        discarded_entity_is_not_in_the_repository,
        snapshot_state_is_none_after_discarding_on_the_eighth_event,
        key_error_for_a_discarded_entity,
        historical_snapshot_lte_2,
        historical_snapshot_lte_3,
        historical_entity_at_0,
        historical_entity_at_1,
        historical_entity_at_2,
        historical_entity_at_3,
        table_snapshot_store_fails_in_a_save,
        table_history_of_snapshots,
        table_take_a_snapshot_twice_at_one_version,
        table_at_beyond_the_head_and_before_the_first_event,
        table_discarded_entity,
        table_snapshots_are_protected,
        table_snapshots_bring_no_discarded_entity_back,
        table_two_open_applications,
    }
    doc_001 {
        basic_order_version_after_save,
        basic_snapshot_exists,
        basic_snapshot_version,
        basic_snapshot_state_keys,
        basic_loading_order_from_snapshot,
        basic_loaded_order_version,
        basic_loaded_order_items,
        basic_loaded_order_status,
        manual_snapshot_after_save,
        manual_creating_manual_snapshot,
        manual_post_submission_snapshot,
        background_save_does_not_wait,
        background_pending_snapshots,
        background_waited_for,
        background_snapshot_exists,
        schema_snapshot_created_with_schema_version,
        schema_loading_with_schema_version_2,
        schema_loaded_version,
        schema_loaded_items,
        performance_order_saved,
        performance_snapshot_at_version,
        performance_loading_without_snapshot,
        performance_loading_with_snapshot,
        performance_improvement,
        inspection_snapshot_details,
        inspection_snapshot_state,
        production_repository_configuration,
    }
    doc_001_commands {
        guards_of_a_created_order,
        guards_of_a_submitted_order,
        apply_submits_the_calculated_total,
        guards_creating_an_order_twice_is_a_conflict,
        apply_removes_the_item,
    }
    doc_001_table {
        one_snapshot_for_each_crossing_save,
        background_captures_at_the_save,
        create_snapshot_with_unsaved_events,
        pending_and_waited_do_not_depend_on_timing,
        older_schema_is_replayed_and_rewritten,
        newer_schema_is_replayed_and_rewritten,
        undecodable_state,
        empty_state_is_rejected,
        missing_state_of_a_living_order_is_rejected,
        create_snapshot_replaces_a_bad_one,
        a_gap_in_the_stored_events_is_named,
        a_gap_behind_a_snapshot_is_named,
    }
    doc_002 {
        snapshot_after_the_created_event,
        entity_is_in_the_repository,
        entity_after_the_created_event,
        snapshot_after_five_events,
        entity_after_seven_events,
        snapshot_after_seven_events,
        snapshot_state_is_none_after_the_discard,
        discarded_entity_is_not_in_the_repository,
        key_error_for_a_discarded_entity,
        snapshots_are_taken_after_every_event,
        snapshots_at_a_frequency_of_3,
        snapshots_have_a_store_of_their_own,
        no_snapshots_after_close,
        table_a_subscriber_sees_the_event_after_it_is_stored,
        table_snapshot_store_fails_in_a_save,
    }
    sketch {
        order_sketch_works,
        order_sketch_cancels,
    }
}
