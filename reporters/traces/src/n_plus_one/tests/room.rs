//! What comes late, what never comes, and what there is no room for.

use super::super::builder::NPlusOneBuilder;
use super::super::entry::MAX_GROUPS;
use super::world::{BY_ID, Begun, World};

#[test]
fn a_task_that_outlives_its_request_is_told_of_with_the_requests_route() {
    let mut world = World::new();
    let request = Begun::root("endpoint");
    let handler = request.child("handler");
    let task = handler.child("task");
    world.end(handler);
    world.end_with_route(request, "/users");
    // In a span of its own: at its end.
    world.queries(&task, BY_ID, 6);
    world.expect_nothing();
    world.end(task);
    assert_eq!(world.found[0].context, request.context);
    world.expect(&[(6, Some("task"), Some("/users"))]);

    // And not again.
    let again = handler.child("task");
    world.queries(&again, BY_ID, 6);
    world.end(again);
    world.wait(5_000);
    world.look();
    world.expect_nothing();
}

#[test]
fn tasks_that_outlive_their_request_are_a_loop_together() {
    let mut world = World::new();
    let request = Begun::root("endpoint");
    world.end_with_route(request, "/users");
    for _ in 0..6 {
        let task = request.child("load_one");
        world.query(&task, BY_ID);
        world.end(task);
    }
    // Without a span of their own.
    world.queries(&request, "select a from t where b = ?", 7);
    world.expect_nothing();
    world.wait(900);
    world.look();
    world.expect_nothing();
    world.wait(200);
    world.look();
    world.expect(&[
        (6, Some("endpoint"), Some("/users")),
        (7, Some("endpoint"), Some("/users")),
    ]);
}

#[test]
fn a_request_whose_end_never_comes_is_told_of_after_a_while_and_once() {
    let mut world = World::new();
    let request = Begun::root("stream");
    world.queries(&request, BY_ID, 6);
    world.query(&request, "select a from t where b = ?");
    world.wait(59_000);
    world.look();
    world.expect_nothing();
    world.wait(2_000);
    // Any span that ends will do.
    world.end(Begun::root("other"));
    assert_eq!(world.found[0].context, request.context);
    world.expect(&[(6, None, None)]);

    for _ in 0..5 {
        world.queries(&request, BY_ID, 6);
        world.wait(61_000);
        world.look();
    }
    world.end(request);
    world.expect_nothing();
}

#[test]
fn what_was_told_of_below_is_not_told_of_again_above() {
    let mut world = World::new();
    let request = Begun::root("endpoint");
    let load = request.child("load");
    world.queries(&load, BY_ID, 6);
    world.settle();
    world.expect(&[(6, None, None)]);
    world.queries(&load, BY_ID, 6);
    world.end(load);
    let other = request.child("other");
    world.queries(&other, BY_ID, 6);
    world.end(other);
    world.end(request);
    world.expect_nothing();
}

#[test]
fn a_span_that_nobody_saw_begin_is_no_obstacle() {
    let mut world = World::new();
    // `above` never ends for us: as if another detector's patterns had it.
    let above = Begun::root("above");
    for _ in 0..6 {
        let load = above.child("load_one");
        world.query(&load, BY_ID);
        world.end(load);
    }
    world.settle();
    world.expect(&[(6, None, None)]);
}

#[test]
fn many_requests_at_once_are_bounded_and_the_oldest_is_told_of() {
    let builder = NPlusOneBuilder::new().memory(256 << 10);
    let mut world = World::with(&builder);
    let first = Begun::root("endpoint");
    world.queries(&first, BY_ID, 6);
    let room = world.settings.room;
    for n in 0..5_000 {
        let request = Begun::root("endpoint");
        world.query(&request, &format!("select a{n} from t where id = ?"));
        assert!(world.shard.bytes <= room, "{} of {room}", world.shard.bytes);
        if n % 3 == 0 {
            world.end(request);
        }
    }
    assert!(world.shard.evicted > 1_000, "{}", world.shard.evicted);
    world.expect(&[(6, None, None)]);
}

#[test]
fn spans_without_queries_are_remembered_within_bounds() {
    let builder = NPlusOneBuilder::new().memory(256 << 10);
    let mut world = World::with(&builder);
    let request = Begun::root("endpoint");
    world.queries(&request, BY_ID, 6);
    for _ in 0..50_000 {
        world.end(Begun::root("static"));
        assert!(world.shard.bytes <= world.settings.room);
    }
    assert_eq!(world.shard.evicted, 0, "what is awaited is not pushed out");
    world.end(request);
    world.expect(&[(6, Some("endpoint"), None)]);
}

#[test]
fn many_statements_of_one_request_are_bounded_and_counted() {
    let mut world = World::new();
    let request = Begun::root("endpoint");
    let start = world.now;
    for n in 0..2 * MAX_GROUPS {
        world.query(&request, &format!("select a{n} from t where id = ?"));
        world.now = start;
    }
    assert_eq!(world.shard.left_out, MAX_GROUPS as u64);
    // Those that are over make room.
    world.wait(200);
    world.queries(&request, BY_ID, 6);
    world.end(request);
    world.expect(&[(6, Some("endpoint"), None)]);
}

#[test]
fn hostile_statements_take_no_more_than_their_share() {
    let builder = NPlusOneBuilder::new().memory(256 << 10);
    let mut world = World::with(&builder);
    let request = Begun::root("endpoint");
    for n in 0..50 {
        let statement = format!(
            "select '{n}', {} from t where a = {n}",
            "x, ".repeat(300_000)
        );
        world.query(&request, &statement);
    }
    assert!(world.shard.bytes <= world.settings.room);
    world.end(request);
    assert!(
        world
            .found
            .iter()
            .all(|found| found.statement.len() <= 1024)
    );
    world.expect(&[(50, Some("endpoint"), None)]);
}

#[test]
fn everything_is_given_back_when_it_has_ended() {
    let mut world = World::new();
    for round in 0..3 {
        let requests = [(); 20].map(|()| Begun::root("endpoint"));
        for request in &requests {
            let load = request.child("load");
            world.queries(&load, BY_ID, 6);
            world.query(request, "select a from t");
            world.end(load);
        }
        for request in requests {
            world.end(request);
        }
        let (count, per_span) = (40 * (round + 1), world.shard.bytes / (40 * (round + 1)));
        let empty = super::super::entry::Entry::EMPTY;
        assert!((empty..=empty + 16).contains(&per_span), "{count} spans");
    }
}
