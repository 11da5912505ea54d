//! The contract as a table: trait, method, rule, checks. A check that stands here and isn't written doesn't compile; one
//! that is written and doesn't stand here is dead code.
//!
//! The rules are the bullets in the docs of the traits, with links as plain code; a test compares them.

/// Hands the table to a macro.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_table {
    ($then:ident ! ( $($with:tt)* )) => {
        $crate::$then! { ( $($with)* )
            event_store: Events {
                append {
                    "All or none, for readers too: an event can be seen only when all events of its commit can be seen." {
                        a_conflict_in_one_stream_stores_nothing_of_the_others(AnyStreams),
                        a_conflict_in_the_last_stream_stores_nothing_of_those_before(AnyStreams),
                        a_commit_of_three_streams_is_stored_whole(AnyStreams),
                        a_save_that_lost_its_first_version_stores_none,
                        racing_saves_that_overlap_by_one_leave_no_event_of_a_loser,
                        racing_commits_of_several_streams_are_stored_whole_or_not_at_all(AnyStreams),
                        readers_of_a_stream_never_see_a_part_of_a_commit,
                        readers_of_all_never_see_a_part_of_a_commit(AnyStreams),
                        ten_thousand_events_in_one_commit(LargeCommits),
                        five_hundred_streams_in_one_commit(AnyStreams, LargeCommits),
                    }
                    "For each stream the expected version is compared with the stream's version, 0 for a stream that doesn't exist. If one differs the whole commit is refused with `ErrorKind::Conflict`, which names the stream and both versions." {
                        a_new_stream_begins_at_expected_zero,
                        an_expected_version_below_the_head_is_refused,
                        an_expected_version_above_the_head_is_refused,
                        expected_zero_is_refused_once_the_stream_exists,
                        a_stream_that_does_not_exist_is_at_zero,
                        a_conflict_names_its_stream,
                        a_conflict_names_both_versions,
                        a_conflict_of_several_streams_names_the_one_that_differs(AnyStreams),
                        after_a_conflict_the_right_version_is_accepted,
                        streams_have_versions_of_their_own,
                        the_same_id_in_another_category_is_another_stream,
                        names_that_differ_in_case_only_are_different_streams,
                        each_stream_of_a_commit_has_its_own_expected_version(AnyStreams),
                    }
                    "If `StreamCommit::after` is given and the event of the expected version has another id, that is a conflict as well (with equal versions)." {
                        an_append_after_the_event_that_is_there_is_stored,
                        an_append_after_another_event_is_refused,
                        the_event_before_is_compared_in_each_stream(AnyStreams),
                    }
                    "It is idempotent: if each stream has the commit's events behind its expected version already, stored with this commit's id, nothing is stored and the answer is that of the first time, with `repeated` set. This is looked for before a conflict is said: in a repetition `after` is not compared, and a part without events counts as stored." {
                        a_first_append_is_no_repetition,
                        a_repeated_commit_gets_the_first_answer,
                        a_repeated_commit_stores_nothing,
                        a_repetition_is_known_after_others_went_on,
                        a_repetition_of_several_streams_gets_the_first_answer(AnyStreams),
                        a_commit_id_used_on_another_stream_is_stored,
                        a_commit_id_used_again_at_a_later_version_is_stored,
                        a_commit_id_used_at_another_expected_version_is_a_conflict,
                        many_repetitions_at_once_store_one,
                        a_repetition_through_another_handle_gets_the_first_answer(SecondHandle),
                        a_repetition_after_reopening_gets_the_first_answer(Reopen),
                        a_refused_commit_can_be_sent_again_with_the_right_version,
                        a_repetition_of_ten_thousand_events_gets_the_first_answer(LargeCommits),
                        a_repetition_is_known_after_thousands_of_others,
                        a_repetition_keeps_the_first_recorded_time(Clock),
                        a_repetition_is_known_whatever_it_says_of_the_event_before,
                        a_repetition_is_known_after_others_went_on_where_it_has_no_events(AnyStreams),
                        a_repetition_has_the_time_of_each_stream(AnyStreams, Clock),
                    }
                    "A repetition has exactly the stored events: the same ids, as many, from the same version. Other events under a stored commit's id, more of them or fewer, and a commit of which only a part is stored, are a conflict. Its streams may be named in another order: the answer is in the order of this commit, each stream with its own time." {
                        other_events_under_a_stored_commits_id_are_a_conflict,
                        one_other_event_under_a_stored_commits_id_is_a_conflict,
                        the_first_events_of_a_stored_commit_are_a_conflict,
                        the_last_events_of_a_stored_commit_are_a_conflict,
                        the_events_of_a_stored_commit_in_another_order_are_a_conflict,
                        a_commit_stored_in_one_of_its_streams_is_no_repetition(AnyStreams),
                        a_commit_stored_with_fewer_events_is_no_repetition,
                        another_commit_of_the_same_events_is_no_repetition,
                        a_repetition_may_name_its_streams_in_another_order(AnyStreams, Clock),
                    }
                    "Recorded times are the store's clock, never decreasing within a stream." {
                        recorded_times_are_those_of_the_clock(Clock),
                        recorded_times_stand_still_when_the_clock_goes_back(Clock),
                        a_clock_going_back_holds_up_no_other_stream(Clock),
                        each_stream_of_a_commit_has_its_own_recorded_time(Clock, AnyStreams),
                        recorded_times_follow_the_clock_forwards_again(Clock),
                        recorded_times_before_1970_are_kept(Clock),
                        recorded_times_do_not_decrease_after_reopening(Clock, Reopen),
                        recorded_times_never_decrease_among_racing_writers,
                        a_commit_has_one_recorded_time_within_a_stream,
                    }
                    "Of several commits that race for a version exactly one wins." {
                        of_many_that_race_for_a_version_one_wins,
                        of_threads_that_meet_at_the_head_one_wins,
                        of_many_that_create_a_stream_one_wins,
                        of_many_that_race_through_two_handles_one_wins(SecondHandle),
                        losers_are_told_the_version_they_lost_to,
                        commits_to_different_streams_all_win,
                        losers_that_try_again_are_each_stored_once,
                        losers_that_try_again_through_two_handles_are_each_stored_once(SecondHandle),
                    }
                    "A commit that names a stream twice is `ErrorKind::InvalidConfiguration`, with or without events." {
                        a_stream_named_twice_is_refused(AnyStreams),
                        a_stream_named_twice_stores_nothing_of_the_others(AnyStreams),
                        a_stream_named_twice_without_events_is_refused,
                    }
                    "A commit with events that has an event id twice, or `after` with the expected version 0 in any part, is `InvalidConfiguration` as well." {
                        an_event_id_twice_is_refused,
                        an_event_id_twice_in_two_streams_is_refused(AnyStreams),
                        an_event_before_the_first_is_refused,
                        an_event_before_the_first_is_refused_in_a_part_without_events(AnyStreams),
                    }
                    "A commit without events that names no stream twice stores nothing and is no error: nothing is compared, neither versions nor `after`, and nothing else is checked." {
                        a_commit_without_streams_is_no_error,
                        a_commit_without_events_is_no_error,
                        a_commit_without_events_checks_no_version,
                        a_commit_without_events_makes_no_stream,
                        a_commit_without_events_compares_no_event_before,
                        a_commit_without_events_to_many_streams_is_no_error,
                    }
                    "A part without events beside parts that have some is compared like any other, its version and its `after`." {
                        a_part_without_events_has_its_version_checked(AnyStreams),
                        a_part_without_events_has_its_event_before_checked(AnyStreams),
                    }
                    "What is wrong with the commit itself (`InvalidConfiguration`, `TooLarge`, `Unsupported`) is said before anything stored is looked at: such a commit is neither a conflict nor a repetition." {
                        a_commit_that_cannot_be_is_no_conflict,
                        a_commit_that_cannot_be_is_no_repetition,
                        a_stale_commit_to_a_stream_twice_is_no_conflict(AnyStreams),
                        a_stale_commit_of_too_many_events_is_no_conflict(LimitedCommits),
                        a_stale_commit_to_too_many_streams_is_no_conflict(OneStream),
                    }
                    "What is stored is what was given, byte for byte. What a store can't hold so, it refuses." {
                        every_field_comes_back,
                        an_empty_payload_and_empty_metadata,
                        every_byte_in_a_payload_that_is_no_text,
                        nul_bytes_and_escaped_nul,
                        numbers_in_json_keep_their_spelling,
                        keys_in_json_keep_their_order_and_blanks_stay,
                        unicode_in_payload_metadata_and_names,
                        odd_characters_in_stream_names,
                        composed_and_decomposed_letters_are_different_streams,
                        blanks_at_the_end_of_names_count,
                        the_longest_names,
                        an_event_of_five_megabytes,
                        a_megabyte_of_metadata,
                        event_versions_from_zero_to_the_highest,
                        odd_event_and_commit_ids,
                        codecs_and_layers_of_others,
                        several_codecs_in_one_commit,
                        json_that_is_not_utf8_is_kept_or_refused,
                        one_event_id_in_two_streams_is_kept_in_both,
                        an_event_id_may_come_again_in_another_commit,
                        odd_texts_as_payloads,
                        odd_texts_as_metadata,
                        odd_texts_as_event_names,
                        odd_texts_as_codecs,
                    }
                    "The answer has one entry for each stream of the commit, in its order, with the positions of its events, rising. A position is never handed out twice." {
                        the_answer_has_an_entry_for_each_stream_in_order(AnyStreams),
                        positions_rise_within_a_commit,
                        positions_are_those_that_reads_give,
                        positions_rise_from_commit_to_commit(TotalOrder),
                        positions_of_racing_writers_are_unique,
                        positions_are_not_handed_out_again_after_refusals,
                        positions_through_two_handles_are_unique(SecondHandle),
                        positions_go_on_after_reopening(Reopen),
                        positions_are_of_one_store_identity,
                    }
                    "A part without events is answered without positions, and with the store's time of this answer." {
                        a_part_without_events_is_answered_without_positions(AnyStreams),
                        a_part_without_events_has_the_time_of_the_answer(AnyStreams, Clock),
                        a_commit_without_events_has_the_time_of_the_answer(Clock),
                    }
                    "Once it is answered the events are there for every handle on the same data, also after the store was closed and opened again." {
                        what_was_appended_is_read_at_once(PromptReads),
                        another_handle_sees_what_was_appended(SecondHandle),
                        two_handles_append_in_turns(SecondHandle),
                        reopened_the_store_has_every_byte(Reopen),
                        reopened_the_store_goes_on(Reopen),
                    }
                    "A version beyond `Version::MAX` and a commit of more events than the store declares to take are `ErrorKind::TooLarge`." {
                        a_version_beyond_the_highest_is_too_large,
                        the_highest_number_as_expected_version_is_too_large,
                        more_events_than_declared_are_too_large(LimitedCommits),
                    }
                    "An error other than `ErrorKind::OutcomeUnknown` means that nothing was stored. If the future is dropped the commit may or may not be stored." {
                        a_refused_commit_leaves_no_trace,
                        a_dropped_append_is_stored_whole_or_not_at_all,
                        a_dropped_append_can_be_repeated,
                    }
                    "A dropped future holds up nobody: what it had taken, a lock, a transaction, a place in the order, is free again." {
                        a_dropped_append_hides_nothing_from_readers(TotalOrder),
                    }
                }
                read_stream {
                    "Events come in the order of their versions, backwards if asked; only versions in the range." {
                        forwards_from_the_first,
                        backwards_from_the_last,
                        every_range_of_a_short_stream,
                        a_range_from_zero_begins_at_one,
                        a_range_beyond_the_head_ends_at_the_head,
                        a_range_behind_the_head_is_empty,
                        an_inverted_range_is_empty,
                        the_widest_range_is_the_whole_stream,
                        the_last_event,
                        versions_are_contiguous_over_many_commits,
                        streams_with_similar_ids_stay_apart,
                    }
                    "A page holds at most `limit` events (0 counts as 1), and at least one if there is one in the range. It may hold fewer than `limit` (large payloads); `EventPage::has_more` tells whether the range goes on." {
                        a_page_of_exactly_the_limit_is_the_last,
                        a_page_of_one_less_than_there_is_has_more,
                        a_page_of_one_more_than_there_is_is_the_last,
                        pages_of_one_event,
                        pages_of_every_size_show_the_same,
                        backwards_pages_of_every_size_show_the_same,
                        backwards_page_borders,
                        a_limit_of_zero_counts_as_one,
                        the_highest_limit,
                        the_end_of_the_range_is_the_end_though_the_stream_goes_on,
                        large_payloads_come_in_pages,
                        an_event_larger_than_any_page_comes,
                        pages_of_thousands,
                    }
                    "A stream that doesn't exist is an empty page." {
                        an_unknown_stream_is_an_empty_page,
                        an_unknown_stream_backwards_is_an_empty_page,
                        a_stream_whose_only_commit_was_refused_is_an_empty_page,
                    }
                    "Each event has the version, the commit's id and the position and time of the answer that its append was given." {
                        each_event_has_the_id_of_its_commit,
                        positions_and_times_are_those_of_the_answer,
                        read_stream_and_read_all_show_the_same,
                    }
                    "Asked for less than `EventFields::All` it shows the same events, in pages like those: what isn't asked for is as it was stored, or left out." {
                        what_is_asked_for_is_all_there,
                        what_is_asked_for_comes_in_pages_of_every_size,
                        backwards_what_is_asked_for_comes_in_pages_of_every_size,
                    }
                    "It keeps no transaction, connection or thread beyond the call." {
                        appends_go_on_between_two_pages,
                        hundreds_of_unfinished_readers_hold_nothing_up,
                    }
                }
                read_all {
                    "Events come after `read.after`, ordered by position; each stream's events in the order of their versions." {
                        everything_from_the_beginning,
                        the_position_itself_is_not_read_again,
                        positions_rise_over_all_pages(TotalOrder),
                        interleaved_streams_come_in_the_order_of_their_commits(TotalOrder),
                        each_stream_keeps_the_order_of_its_versions,
                        an_empty_store_is_an_empty_page,
                        after_the_last_there_is_nothing,
                    }
                    "Following the positions shows every committed event exactly once, however many writers there are and however long one of them takes to commit." {
                        a_tailing_reader_sees_every_event_once(TotalOrder),
                        a_tailing_reader_sees_large_commits_whole(TotalOrder),
                        a_tailing_reader_through_another_handle(TotalOrder, SecondHandle),
                        a_tailing_reader_of_one_category(TotalOrder),
                        a_tailing_reader_of_first_events(TotalOrder),
                        a_reader_that_waits_at_the_end_sees_what_comes(TotalOrder),
                        conflicts_and_repetitions_show_nothing(TotalOrder),
                    }
                    "Pages are as those of `read_stream`: `limit` and `EventPage::has_more` count what passes the filters." {
                        pages_of_all_of_every_size_show_the_same(TotalOrder),
                        a_page_of_all_ends_at_the_limit,
                        a_limit_of_zero_in_all_counts_as_one,
                        has_more_counts_only_the_wanted_category,
                        has_more_counts_only_first_events,
                        large_payloads_of_all_come_in_pages(TotalOrder),
                        filters_and_pages_of_one(TotalOrder),
                        events_of_a_category_are_found_among_thousands(TotalOrder),
                        first_events_are_found_among_thousands(TotalOrder),
                        pages_of_all_of_thousands(TotalOrder),
                    }
                    "`category` is compared exactly; `first_only` passes the events of version 1." {
                        only_events_of_the_category,
                        a_category_that_begins_like_another,
                        categories_that_differ_in_case_only,
                        wildcards_in_a_category_are_plain_characters,
                        an_unknown_category_is_an_empty_page,
                        a_category_that_cannot_be_is_an_empty_page,
                        first_events_only,
                        first_events_of_a_category,
                        first_events_after_a_position(TotalOrder),
                        categories_that_look_alike,
                        a_category_that_looks_like_a_stored_one_is_an_empty_page,
                        ids_with_slashes_are_no_part_of_the_category,
                    }
                    "A position stays good: a reader goes on from it through any handle, also after the store was closed and opened again." {
                        a_reader_goes_on_from_a_position_in_its_text_form(TotalOrder),
                        a_reader_goes_on_through_another_handle(TotalOrder, SecondHandle),
                        a_reader_goes_on_after_reopening(TotalOrder, Reopen),
                    }
                    "A position of another store is `ErrorKind::InvalidConfiguration`." {
                        an_invented_position_is_refused,
                        a_position_of_another_store_of_this_kind_is_refused,
                        a_position_of_another_store_is_refused_in_an_empty_store,
                    }
                }
                head {
                    "It is the number of the stream's stored events, 0 if the stream doesn't exist." {
                        a_stream_that_does_not_exist_is_at_zero,
                        the_head_counts_events,
                        refusals_and_repetitions_do_not_move_the_head,
                        heads_of_similar_streams_stay_apart,
                        the_head_of_a_long_stream(LargeCommits),
                    }
                    "It never misses what was acknowledged before it was asked for, through whatever handle." {
                        the_head_shows_what_was_just_acknowledged,
                        the_head_through_another_handle(SecondHandle),
                        the_head_after_reopening(Reopen),
                    }
                }
                snapshot_store {
                    "Whenever it is asked for, through whatever handle, it has the same rows; events are not among them." {
                        asked_for_twice_it_has_the_same_rows(Snapshots),
                        another_handle_has_the_same_rows(Snapshots, SecondHandle),
                        snapshots_leave_events_alone(Snapshots),
                    }
                }
                read_from_snapshot {
                    "A store answers it whatever is there, or never." {
                        it_is_answered_whatever_is_there(FromSnapshot),
                    }
                    "The snapshot is what `SnapshotStore::newest` answers for `key` and `at_most`. If there is none there are no events." {
                        it_finds_the_row_that_newest_finds(FromSnapshot),
                        it_finds_the_row_of_its_key(FromSnapshot),
                        it_finds_a_row_without_state(FromSnapshot),
                        without_a_row_it_names_the_other_keys(FromSnapshot),
                        without_a_row_it_has_no_events(FromSnapshot),
                    }
                    "The events are the page that `read_stream` answers for the stream from the snapshot's version (included) up to `at_most`, with this `limit`; whether the row is damaged makes no difference." {
                        its_events_begin_at_the_snapshot(FromSnapshot),
                        its_events_end_at_the_wanted_version(FromSnapshot),
                        its_page_has_a_limit(FromSnapshot),
                        large_payloads_end_its_page_as_any(FromSnapshot),
                        a_row_ahead_of_its_stream_comes_without_events(FromSnapshot),
                        a_damaged_row_comes_with_its_events(FromSnapshot),
                        its_events_are_those_of_its_stream(FromSnapshot),
                    }
                    "They are read no earlier than the snapshot: those that were stored before it are seen." {
                        it_sees_what_was_stored_before_the_snapshot(FromSnapshot),
                        it_sees_what_another_handle_stored(FromSnapshot, SecondHandle),
                    }
                }
                capabilities {
                    "It is the same whenever it is asked for, through whatever handle." {
                        they_are_those_that_were_declared,
                        another_handle_has_the_same_capabilities(SecondHandle),
                    }
                    "A commit to more streams than declared is `ErrorKind::Unsupported`." {
                        several_streams_are_refused_if_one_is_declared(OneStream),
                    }
                }
            }
            snapshot_store: Snapshots {
                save {
                    "Monotonic: whatever order rows of one key arrive in, the one of the highest version is the newest." {
                        an_older_row_does_not_become_the_newest,
                        rows_in_rising_order,
                        rows_in_falling_order,
                        rows_in_any_order,
                        rows_in_any_order_at_once,
                        rows_in_any_order_through_two_handles(SecondHandle),
                        a_row_taken_earlier_by_the_clock_can_be_the_newest,
                        versions_are_compared_as_numbers,
                        older_rows_are_kept,
                    }
                    "If the key has a row of this version already, nothing is stored; the answer is `SavedSnapshot::Existing` with that row." {
                        the_same_row_twice_is_stored_once,
                        another_row_of_the_same_version_is_not_stored,
                        the_existing_row_comes_whole,
                        an_existing_row_without_state_stays,
                        an_existing_older_row_is_found,
                        an_existing_damaged_row_is_not_replaced,
                        the_first_row_stays_whenever_the_second_was_taken,
                    }
                    "Rows of different keys never touch each other: stream, schema version, fingerprint and codec each tell keys apart." {
                        streams_tell_keys_apart,
                        categories_tell_keys_apart,
                        schema_versions_tell_keys_apart,
                        fingerprints_tell_keys_apart,
                        codecs_tell_keys_apart,
                        fingerprints_that_differ_in_one_bit,
                        codecs_that_differ_in_case_or_layers,
                        similar_ids_tell_keys_apart,
                        codecs_that_look_alike,
                        streams_that_look_alike,
                    }
                    "Every column comes back as it was given, those of a damaged row too; no state isn't an empty state." {
                        every_column_comes_back,
                        no_state_and_an_empty_state,
                        every_byte_in_a_state,
                        a_state_of_five_megabytes,
                        extreme_schema_versions_and_versions,
                        times_before_1970_and_far_away,
                        every_checksum_is_kept,
                        unicode_in_keys,
                    }
                    "Of several saves of one key and version at once exactly one is stored, the others are answered with its row." {
                        of_many_saves_at_once_one_is_stored,
                        of_many_saves_through_two_handles_one_is_stored(SecondHandle),
                    }
                    "Once it is answered the row is there for every handle on the same data, also after the store was closed and opened again." {
                        another_handle_finds_what_was_saved(SecondHandle),
                        reopened_the_store_has_its_rows(Reopen),
                    }
                    "A version beyond `Version::MAX` is `ErrorKind::TooLarge`." {
                        a_row_beyond_the_highest_version_is_too_large,
                    }
                }
                newest {
                    "It is the row of the highest version at or below `at_most` with exactly this key." {
                        the_newest_of_many,
                        the_version_asked_for_is_included,
                        the_nearest_below,
                        below_the_oldest_there_is_none,
                        the_highest_number_asks_for_the_newest,
                        a_newer_row_of_another_key_does_not_hide_it,
                        a_row_without_state_is_found,
                        a_row_at_version_zero_is_found,
                        the_oldest_of_thousands,
                    }
                    "If there is none, says which other keys the stream has rows of at or below `at_most`, each once, without reading a state." {
                        a_stream_without_rows_has_no_other_keys,
                        other_keys_are_named,
                        each_other_key_is_named_once,
                        other_keys_above_the_wanted_version_are_not_named,
                        its_own_key_is_not_another,
                        keys_of_other_streams_are_not_named,
                        other_keys_differ_in_each_column,
                        twenty_other_keys_are_named,
                    }
                    "Damaged rows are returned as they are: the caller checks them." {
                        a_damaged_row_is_found_as_it_is,
                        a_damaged_row_does_not_fall_back_to_an_older_one,
                    }
                }
                list {
                    "They are all rows of the stream, of every key, and of no other stream." {
                        rows_of_every_key_are_listed,
                        rows_of_other_streams_are_not_listed,
                        a_stream_without_rows_lists_none,
                        hundreds_of_rows_are_listed,
                        thousands_of_rows_are_listed,
                    }
                    "They come by version." {
                        rows_are_listed_by_version,
                    }
                    "Each says what was stored: key, version, creation time, checksum, and the state's length, none for no state." {
                        each_row_is_described,
                        the_length_of_no_state_and_of_an_empty_one,
                    }
                }
                delete {
                    "Only if it is still exactly this one: key, version, creation time and checksum." {
                        the_row_that_was_seen_is_removed,
                        another_checksum_is_another_row,
                        another_creation_time_is_another_row,
                        another_version_is_another_row,
                        another_key_is_another_row,
                        a_row_that_was_replaced_stays,
                        a_damaged_row_can_be_removed,
                        every_bit_of_a_checksum_counts,
                    }
                    "Says whether it was; of several that remove one row at once, one is told so." {
                        removing_twice_removes_once,
                        of_many_that_remove_a_row_one_is_told_so,
                    }
                    "No other row is touched, and the version can be saved again." {
                        rows_beside_it_stay,
                        the_version_can_be_saved_again,
                        the_older_row_is_the_newest_again,
                        another_handle_misses_what_was_removed(SecondHandle),
                    }
                }
                prune {
                    "They are the rows of exactly this key with a version below `before`; all others stay." {
                        rows_below_are_removed_and_the_border_stays,
                        rows_of_other_keys_stay,
                        rows_of_other_streams_stay,
                        before_zero_removes_none,
                        before_the_highest_number_removes_all,
                        thousands_of_rows_are_pruned,
                        another_handle_misses_what_was_pruned(SecondHandle),
                    }
                    "Says how many." {
                        the_number_pruned,
                    }
                }
                delete_category {
                    "The category is compared exactly; rows of other categories, and events, stay." {
                        all_streams_of_the_category_lose_their_rows,
                        a_category_that_begins_alike_keeps_its_rows,
                        a_category_in_another_case_keeps_its_rows,
                        wildcards_remove_nothing,
                        a_category_that_cannot_be_removes_nothing,
                        events_of_the_category_stay(Events),
                        thousands_of_rows_are_deleted,
                        another_handle_misses_what_was_deleted(SecondHandle),
                        categories_that_look_alike_keep_their_rows,
                        ids_with_slashes_are_no_part_of_the_category_to_delete,
                    }
                    "If a schema version is given, rows of other schema versions stay." {
                        only_rows_of_the_schema_version,
                        the_schema_version_zero_is_one,
                    }
                    "Says how many." {
                        the_number_deleted,
                    }
                }
            }
        }
    };
}
