//! That each property can fail: with the right flaw in the copy, the model says so.
//!
//! What is expected is the message of the property, not just any panic.

use crate::check::{NO_HEAVY_FENCE, NO_LIGHT_FENCE, check_flawed, check_flawed_deep};
use crate::flawed::gate::Behind;
use crate::flawed::scenarios::{copies, gates, lists, snapshots, waiting};
use crate::flawed::*;

// The order and the ordering of what a change does.

#[test]
#[should_panic(expected = "joined, but not found")]
fn an_added_handler_is_lost_if_the_count_is_not_raised() {
    check_flawed(COUNT_NOT_RAISED, lists::added);
}

#[test]
#[should_panic(expected = "joined, but not found")]
fn an_added_handler_is_lost_if_the_count_is_raised_before_the_generation() {
    check_flawed(COUNT_FIRST, lists::added);
}

#[test]
#[should_panic(expected = "joined, but not found")]
fn an_added_handler_is_lost_if_the_count_is_raised_without_release() {
    check_flawed(COUNT_RELAXED, lists::added);
}

#[test]
#[should_panic(expected = "joined, but not found")]
fn an_added_handler_is_lost_if_the_generation_is_not_raised() {
    check_flawed(GENERATION_NOT_RAISED, lists::added);
}

#[test]
#[should_panic(expected = "joined, but still there")]
fn a_removed_handler_is_found_if_the_count_is_not_raised() {
    check_flawed(COUNT_NOT_RAISED, lists::removed);
}

#[test]
#[should_panic(expected = "joined, but still there")]
fn a_removed_handler_is_found_if_the_count_is_raised_before_the_generation() {
    check_flawed(COUNT_FIRST, lists::removed);
}

#[test]
#[should_panic(expected = "joined, but still there")]
fn a_removed_handler_is_found_if_the_count_is_raised_without_release() {
    check_flawed(COUNT_RELAXED, lists::removed);
}

#[test]
#[should_panic(expected = "not both changes, or not in order")]
fn the_order_is_wrong_if_handlers_are_added_at_the_end() {
    check_flawed(ADDED_AT_THE_END, lists::changed_by_two);
}

#[test]
#[should_panic(expected = "twice, or not at all")]
fn a_handler_is_there_twice_if_its_number_is_not_looked_for() {
    check_flawed(ADDED_AT_THE_END, lists::added_twice);
}

#[test]
#[should_panic(expected = "slot's change was missed")]
fn a_change_of_one_slot_hides_that_of_another_if_the_count_is_raised_first() {
    check_flawed(COUNT_FIRST, lists::changed_in_two_slots);
}

// What is read.

#[test]
#[should_panic(expected = "an older list than the last")]
fn a_list_is_too_old_if_it_is_dated_after_the_unlock() {
    check_flawed(COPIED_THEN_DATED, snapshots::published);
}

#[test]
#[should_panic(expected = "was never published")]
fn a_list_is_a_mixture_if_it_is_copied_in_two_parts() {
    check_flawed(COPIED_IN_TWO_PARTS, snapshots::changed_inside_a_handler);
}

#[test]
#[should_panic(expected = "a stale copy was kept")]
fn a_stale_copy_is_kept_if_it_is_dated_after_the_unlock() {
    check_flawed_deep(COPIED_THEN_DATED, copies::swept);
}

#[test]
#[should_panic(expected = "slot's change was missed")]
fn a_change_is_missed_if_the_count_is_read_after_looking() {
    check_flawed(COUNT_READ_AFTER_LOOKING, lists::changed_in_two_slots);
}

#[test]
#[should_panic(expected = "a good copy was let go")]
fn a_good_copy_is_let_go_if_sweeping_takes_all() {
    check_flawed(SWEEP_TAKES_ALL, copies::swept);
}

#[test]
#[should_panic(expected = "already mutably borrowed")]
fn a_destructor_cannot_emit_if_it_runs_inside_the_borrow() {
    check_flawed(DROPPED_INSIDE_THE_BORROW, copies::dropped_last);
}

#[test]
#[should_panic(expected = "kept by a copy that nobody uses")]
fn a_copy_is_kept_if_detaching_does_not_tidy() {
    check_flawed(DETACHING_THREAD_KEEPS, copies::let_go);
}

#[test]
#[should_panic(expected = "joined, but not found")]
fn an_added_handler_is_lost_if_the_count_is_not_compared() {
    check_flawed(COUNT_NOT_COMPARED, lists::added);
}

#[test]
#[should_panic(expected = "joined, but not found")]
fn an_added_handler_is_lost_if_the_count_is_read_without_acquire() {
    check_flawed(COUNT_READ_RELAXED, lists::added);
}

#[test]
#[should_panic(expected = "slot's change was missed")]
fn a_change_is_missed_if_sweeping_takes_none() {
    check_flawed(SWEEP_TAKES_NONE, lists::changed_in_two_slots);
}

#[test]
#[should_panic(expected = "already mutably borrowed")]
fn a_destructor_cannot_emit_if_the_copy_is_replaced_inside_the_borrow() {
    check_flawed(REPLACED_INSIDE_THE_BORROW, copies::dropped_last);
}

#[test]
#[should_panic(expected = "already borrowed")]
fn a_destructor_cannot_emit_if_what_is_aside_is_dropped_inside_the_borrow() {
    check_flawed(
        ASIDE_DROPPED_INSIDE_THE_BORROW,
        copies::dropped_inside_a_handler,
    );
}

#[test]
#[should_panic(expected = "but still there inside")]
fn a_change_is_missed_if_what_is_aside_is_not_looked_at_again() {
    check_flawed(
        ASIDE_NOT_LOOKED_AT_AGAIN,
        snapshots::changed_inside_a_handler,
    );
}

#[test]
#[should_panic(expected = "what was aside is kept")]
fn what_is_aside_is_kept_if_it_is_not_taken_away() {
    check_flawed(ASIDE_FOR_EVER, copies::aside_let_go);
}

#[test]
#[should_panic(expected = "kept after the outermost dispatch")]
fn a_copy_is_kept_if_a_handler_forgets_that_it_could_not_tidy() {
    check_flawed(UNTIDY_FORGOTTEN, || copies::let_go_by_itself(false));
}

#[test]
#[should_panic(expected = "kept after the outermost dispatch")]
fn a_copy_is_kept_if_nobody_tidies_up() {
    check_flawed(NEVER_TIDIED_UP, || copies::let_go_by_itself(true));
}

// Gates.

#[test]
#[should_panic(expected = "the callsite's gate")]
fn a_new_callsite_is_wrong_if_its_gate_is_set_after_the_unlock() {
    check_flawed(GATE_SET_AFTER_UNLOCK, || {
        gates::registered_and_added(Behind::Event, false);
    });
}

#[test]
#[should_panic(expected = "the callsite's gate")]
fn a_new_callsite_stays_open_if_its_gate_is_set_after_the_unlock() {
    check_flawed(GATE_SET_AFTER_UNLOCK, || {
        gates::registered_and_removed(Behind::SpanEnd, false);
    });
}

#[test]
#[should_panic(expected = "the callsite's gate")]
fn a_callsite_is_wrong_if_its_gate_is_not_kept() {
    check_flawed(GATE_NOT_KEPT, || {
        gates::registered_and_added(Behind::Event, false);
    });
}

#[test]
#[should_panic(expected = "the callsite's gate")]
fn a_callsite_is_wrong_if_gates_are_set_after_the_unlock() {
    check_flawed(GATES_SET_AFTER_UNLOCK, || {
        gates::changed_by_two(Behind::Event, false);
    });
}

#[test]
#[should_panic(expected = "the callsite's gate")]
fn a_handler_for_span_ends_opens_an_event_if_nobody_asks() {
    check_flawed(SPAN_ENDS_OPEN_EVERYTHING, || gates::mixed(Behind::Event));
}

// Waiting.

#[test]
#[should_panic(expected = "a handler")]
fn a_handler_runs_after_the_wait_without_the_light_fence() {
    check_flawed(NO_LIGHT_FENCE, waiting::one_emitter);
}

#[test]
#[should_panic(expected = "a handler")]
fn a_handler_runs_after_the_wait_without_the_heavy_fence() {
    check_flawed(NO_HEAVY_FENCE, waiting::one_emitter);
}

#[test]
#[should_panic(expected = "a handler")]
fn a_handler_runs_after_the_wait_if_one_look_is_enough() {
    check_flawed(ONE_LOOK_IS_ENOUGH, waiting::one_emitter);
}

#[test]
#[should_panic(expected = "a handler")]
fn a_handler_runs_after_the_wait_if_an_inner_end_counts() {
    check_flawed(INNER_END_COUNTS, waiting::nested);
}

#[test]
#[should_panic(expected = "a handler was running")]
fn the_end_of_a_handler_is_not_seen_if_it_is_not_released() {
    check_flawed(END_RELAXED, waiting::one_emitter);
}

#[test]
#[should_panic(expected = "a handler was running")]
fn the_end_of_a_handler_is_not_seen_if_the_next_begin_is_not_released() {
    check_flawed(BEGIN_RELAXED, waiting::one_emitter);
}

#[test]
#[should_panic(expected = "a handler was running")]
fn the_end_of_a_handler_is_not_seen_if_it_is_not_acquired() {
    check_flawed(STATE_READ_RELAXED, waiting::one_emitter);
}

#[test]
#[should_panic(expected = "the handler has not ended")]
fn a_handler_is_called_finished_if_the_timeout_is_forgotten() {
    check_flawed(TIMEOUT_FORGOTTEN, waiting::too_long);
}

#[test]
#[should_panic(expected = "a handler")]
fn a_handler_runs_after_the_wait_if_its_thread_is_not_known() {
    check_flawed(RECORD_NOT_KNOWN, waiting::emitter_ends);
}

#[test]
#[should_panic(expected = "a handler")]
fn a_handler_runs_after_the_wait_if_its_begin_is_not_said() {
    check_flawed(BEGIN_NOT_SAID, waiting::one_emitter);
}

#[test]
#[should_panic(expected = "a handler")]
fn a_handler_runs_after_the_wait_if_an_ending_thread_does_not_count() {
    check_flawed(WITHOUT_LOCALS_NOT_COUNTED, waiting::emitted_while_ending);
}

#[test]
#[should_panic(expected = "a handler")]
fn a_handler_runs_after_the_wait_if_an_ending_thread_is_not_waited_for() {
    check_flawed(WITHOUT_LOCALS_NOT_WAITED_FOR, waiting::emitted_while_ending);
}

#[test]
#[should_panic(expected = "this dispatch has not ended")]
fn a_handler_is_told_that_it_has_ended_if_its_own_dispatch_is_forgotten() {
    check_flawed(OWN_DISPATCH_FORGOTTEN, waiting::inside_a_handler);
}
