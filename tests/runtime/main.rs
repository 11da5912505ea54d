//! What the repository, the application and the snapshots promise, over each store.
//!
//! A scenario is a function that takes a fresh store; `stores!` makes it a test named after each store.

mod application;
mod bad_input;
mod cache;
mod cancellation;
mod cancellation_bugs;
mod contention;
mod deadlines;
mod domain;
mod doubts;
mod faithful;
mod faulty_store;
mod fields;
mod from_snapshot;
mod given;
mod given_states;
mod given_troubles;
mod layers;
mod load_policies;
mod policies;
mod retention;
mod saving;
mod snapshot_faults;
mod snapshots;
#[path = "../sparse.rs"]
mod sparse;
mod switched;
mod telemetry;
mod travel;
mod unfaithful;
mod verification;
mod warming;

use std::sync::Arc;

use eventsourcing::{
    EventStore, MemoryStore, PostgresStore, SqliteStore,
    store::PostgresOptions,
    testing::postgres::{PostgresServer, TestDatabase},
};

/// A fresh store, and what must outlive it.
struct Fresh {
    store: Arc<dyn EventStore>,
    _folder: Option<tempfile::TempDir>,
    _database: Option<TestDatabase>,
}

fn memory_store() -> Fresh {
    Fresh {
        store: Arc::new(MemoryStore::new()),
        _folder: None,
        _database: None,
    }
}

async fn sqlite_store() -> Fresh {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = SqliteStore::open(folder.path().join("events.db"))
        .await
        .expect("a new file opens");
    Fresh {
        store: Arc::new(store),
        _folder: Some(folder),
        _database: None,
    }
}

/// In a database of its own; none where there is no PostgreSQL, which is said then.
async fn postgres_store() -> Option<Fresh> {
    let server = PostgresServer::for_tests()?;
    let database = server.database().await.expect("a database");
    let options = PostgresOptions::default().connections(4);
    let store = PostgresStore::connect_config(database.config().clone(), options).await;
    Some(Fresh {
        store: Arc::new(store.expect("the store opens")),
        _folder: None,
        _database: Some(database),
    })
}

macro_rules! stores {
    ($($module:ident :: { $($scenario:ident),+ $(,)? })+) => {
        mod memory { $(mod $module { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                let fresh = crate::memory_store();
                crate::$module::$scenario(fresh.store.clone()).await;
            }
        )+ })+ }
        mod sqlite { $(mod $module { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                let fresh = crate::sqlite_store().await;
                crate::$module::$scenario(fresh.store.clone()).await;
            }
        )+ })+ }
        mod postgres { $(mod $module { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                if let Some(fresh) = crate::postgres_store().await {
                    crate::$module::$scenario(fresh.store.clone()).await;
                }
            }
        )+ })+ }
    };
}

stores! {
    saving::{
        saving_nothing_is_a_no_op,
        a_second_creation_is_a_conflict,
        a_conflict_carries_versions_and_leaves_the_root_as_it_was,
        a_batch_is_stored_whole,
        an_event_that_cannot_be_read_back_stores_nothing,
        a_lost_answer_is_resolved_by_saving_again,
        a_doubt_outlives_a_retry_that_fails,
        events_after_an_unresolved_save_form_a_second_batch,
        a_panicking_handler_poisons_the_root,
        discarding_ends_the_life,
        a_failed_discard_leaves_the_root_as_it_was,
        a_decided_discard_is_saved_with_what_came_before,
        recording_after_a_discard_is_refused,
        update_gives_its_value_and_rejections_pass_through,
        update_with_may_await,
        metadata_is_stored_with_the_events,
        the_last_conflict_comes_back_after_the_attempts,
    }
    travel::{
        load_at_every_version,
        load_as_of_every_time,
        history_walks_over_pages,
        history_from_any_version_is_the_rest_of_the_walk,
        ids_in_order_of_creation,
        contains_reads_the_life_cycle,
    }
    policies::{
        every_takes_the_last_multiple_crossed,
        one_snapshot_for_a_save_of_many_events,
        many_multiples_in_one_save,
        always_takes_the_head,
        never_takes_none_but_uses_what_exists,
        on_and_when_look_at_the_save,
        and_takes_the_lower_or_takes_the_higher,
        manual_writes_nothing_on_its_own,
        policies_that_cannot_work_are_refused,
    }
    load_policies::{
        a_stream_that_is_only_read_gets_a_snapshot,
        the_save_answers_for_the_load,
        a_discarded_stream_that_is_long_gets_its_empty_snapshot,
        a_slow_load_takes_one,
        a_cooldown_counts_from_the_last_snapshot,
        a_policy_that_panics_fails_no_load,
        zeros_are_refused,
        a_policy_says_why,
    }
    retention::{
        what_the_rule_says_remains_after_each_save,
        rows_of_other_keys_are_left_alone,
        the_newest_good_one_is_never_removed,
        trouble_with_removing_fails_and_delays_nothing,
        the_past_begins_at_the_nearest,
        out_of_order_saves_at_once_leave_what_the_rule_says,
        a_store_whose_last_save_wins_is_found_out,
    }
    warming::{
        warming_spares_the_loads_their_replay,
        warming_goes_on_where_it_stopped,
        what_fails_does_not_stop_the_others,
        warming_keeps_its_rate_and_leaves_what_is_short,
    }
    snapshots::{
        a_snapshot_shortens_the_load,
        background_captures_at_the_save,
        pending_snapshots_are_counted_until_joined,
        create_snapshot_twice_returns_the_first,
        create_snapshot_refuses_unsaved_events,
        a_bump_of_the_schema_version_replays_and_rewrites,
        another_codec_is_stale_not_garbage,
        a_discard_stores_an_empty_snapshot,
    }
    deadlines::{
        loads_that_meet_over_a_bad_row_replay_once,
        a_bump_replays_each_stream_once,
        a_restored_stream_gets_good_snapshots,
    }
    fields::{
        a_load_asks_for_the_ids_that_it_needs,
        snapshots_that_are_mended_on_the_way_have_their_anchors,
        layered_events_are_opened_wherever_they_stand,
    }
    cache::{
        a_cached_load_reads_the_events_behind_it,
        a_save_renews_the_cached_state,
        a_conflict_is_not_hidden,
        a_discard_is_known,
        a_doubtful_save_is_not_cached,
    }
    snapshot_faults::{
        a_damaged_row_is_replaced_at_its_own_version,
        an_undecodable_state_is_replaced,
        an_older_good_one_serves,
        a_snapshot_of_another_history_is_replaced,
        a_snapshot_ahead_of_its_stream_is_removed,
        a_snapshot_without_a_stream_is_not_found,
        a_failing_snapshot_store_fails_nothing,
        a_torn_read_removes_nothing,
        a_hundred_loads_over_a_bad_row,
        an_older_snapshot_does_not_replace_a_newer,
        any_batch_size_and_policy_equals_replay,
        manual_leaves_bad_rows_alone,
    }
    from_snapshot::{
        a_load_through_a_snapshot_is_one_round_trip,
        behind_a_long_tail_the_load_reads_on,
        a_snapshot_store_of_its_own_is_asked_itself,
        who_ignores_snapshots_asks_for_none,
        a_discarded_one_is_not_found_at_once,
        a_fault_of_either_half_is_met,
        trouble_in_it_is_the_snapshot_stores,
    }
    application::{
        subscribers_are_called_in_order_before_save_returns,
        trouble_in_subscribers_changes_nothing,
        subscribers_may_save,
        each_application_has_its_own_bus,
        unsubscribing_ends_it,
        save_all_is_atomic,
        save_all_takes_tuples_and_slices,
        save_all_refuses_two_roots_of_one_stream,
        settings_are_overridden_per_type,
        close_drains_background_snapshots,
    }
    bad_input::{
        invalid_ids,
        a_gap_is_named,
        an_unknown_event_is_named,
        a_newer_event_version_is_named,
        a_damaged_payload_is_named_and_other_streams_work,
        broken_life_cycles,
    }
    cancellation::{
        save_dropped_at_every_await_point,
        discard_dropped_at_every_await_point,
        save_all_dropped_at_every_await_point,
        save_all_dropped_and_each_saved_alone,
        create_snapshot_dropped_at_every_await_point,
        execute_dropped_at_every_await_point,
        update_dropped_at_every_await_point,
        update_with_dropped_at_every_await_point,
    }
    faulty_store::{
        each_fault_does_what_it_says,
        stale_reads_show_an_older_truth,
        torn_and_short_pages,
        a_seed_repeats_itself,
        hangs_never_answer,
        counts_are_of_what_crossed,
    }
    doubts::{
        a_refusal_does_not_settle_a_doubt,
        a_root_of_another_history_is_a_conflict,
        a_command_resolves_a_lost_answer_itself,
        a_save_through_an_application_counts_its_events,
        a_resolved_batch_is_published_also_if_the_next_is_refused,
        discard_takes_back_only_what_it_added,
        panics_around_snapshots_fail_nothing,
        a_long_chain_of_subscribers_does_not_overflow_the_stack,
        a_subscriber_may_own_a_subscription,
        an_override_stays_in_the_applications_store,
        update_with_takes_only_the_root_that_it_gave,
        what_is_in_flight_is_resolved_before_anything_is_refused,
        metadata_of_application_and_repository_add_up,
    }
    verification::{
        a_changed_handler_is_found,
        a_changed_handler_is_found_in_the_background,
        the_same_program_differs_in_nothing,
        manual_leaves_quarantined_rows_alone,
        one_that_is_asked_for_replaces_it,
        nothing_is_stored_of_what_was_loaded_before,
        a_cached_state_that_goes_back_to_it_is_evicted,
        the_retention_does_not_count_on_it,
        equal_sets_are_no_difference,
        a_state_that_is_not_equal_to_itself,
        a_share_of_zero_costs_nothing,
        a_share_is_sampled,
        what_is_not_stored_is_no_difference,
        one_that_is_asked_for_meanwhile_is_refused,
        one_that_is_warmed_meanwhile_is_right,
        a_late_answer_leaves_nothing_wrong,
        an_error_after_storing_leaves_nothing_wrong,
        a_dropped_save_leaves_nothing_wrong,
        a_slow_answer_leaves_nothing_wrong,
        a_history_goes_on_from_a_replay,
        a_root_of_another_repository_leads_to_no_snapshot,
    }
    unfaithful::{
        an_unfaithful_event_stores_nothing_and_the_stream_goes_on,
        an_unfaithful_creation_leaves_the_id_free,
        an_unfaithful_discard_leaves_the_root_as_it_was,
        one_unfaithful_root_stores_nothing_of_the_others,
        another_codec_keeps_what_json_cannot,
        an_unfaithful_state_is_a_counted_failure,
    }
    layers::{
        every_codec_under_every_stack,
        layers_are_switched_on_and_off,
        only_layered_events_refuses_others,
        an_application_has_layers_for_all_and_a_type_its_own,
        what_is_saved_again_is_sealed_for_the_same_row,
        a_layer_that_loses_bytes_stores_nothing,
        a_layer_that_panics_fails_no_load,
        rotation_reads_old_rows_and_writes_new_ones,
        a_missing_key_and_a_wrong_one_are_named,
        moved_events_are_never_read,
        moved_snapshots_are_left_and_never_read,
        a_discard_that_no_layer_vouches_for_is_no_discard,
        strangers_leave_every_row_as_it_was,
        a_missing_layer_is_named,
        a_damaged_encrypted_event_is_an_error,
        loads_equal_replays_whatever_the_layers,
    }
    contention::{
        sixteen_tasks_on_one_order,
        a_command_within_a_command_is_not_a_deadlock,
    }
}
