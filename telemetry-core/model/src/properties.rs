//! What holds, as one list.

use crate::check::{check, check_deep};
use crate::flawed::MISSING;
use crate::gate::Behind;
use crate::scenarios::{copies, gates, lists, snapshots, waiting};

#[test]
fn the_sources_are_as_expected() {
    assert!(MISSING.is_empty(), "{}", MISSING.join("\n\n"));
}

#[test]
fn a_handler_that_was_added_is_found() {
    check_deep(lists::added);
}

#[test]
fn a_handler_that_was_removed_is_not_found() {
    check_deep(lists::removed);
}

#[test]
fn the_first_handler_of_a_slot_is_found() {
    check_deep(lists::first_added);
}

#[test]
fn changes_by_two_threads_are_all_there_in_order() {
    check_deep(lists::changed_by_two);
}

#[test]
fn a_handler_that_two_threads_add_is_there_once() {
    check_deep(lists::added_twice);
}

#[test]
fn changes_of_two_slots_do_not_hide_each_other() {
    check(lists::changed_in_two_slots);
}

#[test]
fn a_list_is_one_that_was_published_and_never_older_than_the_last() {
    check_deep(snapshots::published);
}

#[test]
fn a_list_in_use_stays_what_it_was() {
    check_deep(snapshots::nested);
}

#[test]
fn a_list_that_changes_inside_a_handler_is_new_inside_and_old_outside() {
    check_deep(snapshots::changed_inside_a_handler);
}

#[test]
fn nested_events_on_two_threads_do_not_mix() {
    check(snapshots::nested_on_two_threads);
}

#[test]
fn a_callsite_registered_while_a_handler_is_added_is_right() {
    check(|| gates::registered_and_added(Behind::Event, false));
    check(|| gates::registered_and_added(Behind::Event, true));
    check(|| gates::registered_and_added(Behind::SpanEnd, false));
    check(|| gates::registered_and_added(Behind::SpanEnd, true));
}

#[test]
fn a_callsite_registered_while_a_handler_is_removed_is_right() {
    check_deep(|| gates::registered_and_removed(Behind::Event, false));
    check_deep(|| gates::registered_and_removed(Behind::Event, true));
    check_deep(|| gates::registered_and_removed(Behind::SpanEnd, false));
    check_deep(|| gates::registered_and_removed(Behind::SpanEnd, true));
}

#[test]
fn a_callsite_whose_slot_is_changed_by_two_threads_is_right() {
    check_deep(|| gates::changed_by_two(Behind::Event, false));
    check_deep(|| gates::changed_by_two(Behind::Event, true));
    check_deep(|| gates::changed_by_two(Behind::SpanEnd, false));
    check_deep(|| gates::changed_by_two(Behind::SpanEnd, true));
}

#[test]
fn handlers_for_span_ends_open_no_other_gate() {
    check_deep(|| gates::mixed(Behind::Event));
    check_deep(|| gates::mixed(Behind::SpanEnd));
}

#[test]
fn who_sees_a_gate_open_finds_who_opened_it() {
    check_deep(gates::opened);
}

#[test]
fn a_sweep_takes_the_stale_copies_and_no_others() {
    check_deep(copies::swept);
}

#[test]
fn a_destructor_may_emit() {
    check_deep(copies::dropped_last);
}

#[test]
fn a_destructor_may_emit_inside_a_handler() {
    check(copies::dropped_inside_a_handler);
}

#[test]
fn copies_that_nobody_uses_are_let_go() {
    check_deep(copies::let_go);
}

#[test]
fn a_handler_that_detaches_itself_is_let_go_when_it_has_run() {
    check_deep(|| copies::let_go_by_itself(false));
    check_deep(|| copies::let_go_by_itself(true));
}

#[test]
fn lists_kept_aside_are_let_go() {
    check_deep(copies::aside_let_go);
}

#[test]
fn a_thread_that_ends_lets_go() {
    check_deep(copies::let_go_by_ending);
}

#[test]
fn after_waiting_nothing_runs() {
    check(waiting::one_emitter);
}

#[test]
fn after_waiting_nothing_runs_if_who_waits_emits() {
    check(waiting::who_waits_emits);
}

#[test]
fn after_waiting_nothing_runs_inside_another_handler() {
    check(waiting::nested);
}

#[test]
fn after_waiting_nothing_runs_on_two_threads() {
    check(waiting::two_emitters);
}

#[test]
fn two_threads_wait_and_neither_for_ever() {
    check(waiting::two_who_wait);
}

#[test]
fn a_handler_that_takes_too_long_is_not_called_finished() {
    check(waiting::too_long);
}

#[test]
fn after_waiting_nothing_runs_on_a_thread_that_comes_and_ends() {
    check(waiting::emitter_ends);
}

#[test]
fn after_waiting_nothing_ran_on_a_thread_that_is_forgotten() {
    check(waiting::emitter_is_cleared_away);
}

#[test]
fn after_waiting_nothing_runs_in_destructors_of_a_thread() {
    check(waiting::emitted_while_ending);
}

#[test]
fn a_handler_is_told_that_it_cannot_wait_for_itself() {
    check_deep(waiting::inside_a_handler);
}
