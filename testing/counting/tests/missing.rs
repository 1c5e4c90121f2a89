//! A binary with another allocator, of which nothing is known.

use telemetry_counting::{allocations, allocations_of, growth_of, live_bytes, shared_bytes};

#[test]
#[should_panic(expected = "nothing is counted")]
fn allocations_are_not_read() {
    allocations();
}

#[test]
#[should_panic(expected = "nothing is counted")]
fn nor_are_those_of_some_work() {
    allocations_of(|| ());
}

#[test]
#[should_panic(expected = "nothing is counted")]
fn nor_are_bytes() {
    live_bytes();
}

#[test]
#[should_panic(expected = "nothing is counted")]
fn nor_is_growth() {
    growth_of(|| ());
}

#[test]
#[should_panic(expected = "nothing is counted")]
fn nor_is_what_is_shared() {
    shared_bytes();
}
