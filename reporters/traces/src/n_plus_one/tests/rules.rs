//! What is an N+1, and what is none.

use telemetry::SpanContext;

use super::world::{BY_ID, Begun, MS, World};

#[test]
fn a_loop_of_queries_is_told_of_once_at_the_end_of_its_request() {
    let mut world = World::new();
    let request = Begun::root("endpoint");
    world.query(&request, "SELECT id FROM users");
    world.queries(&request, BY_ID, 20);
    world.expect_nothing();
    world.end_with_route(request, "/users");
    assert_eq!(
        world.found[0].statement,
        "select title from items where user_id = ?"
    );
    assert_eq!(world.found[0].total_time.as_micros(), 20 * 500);
    assert_eq!(world.found[0].source.as_deref(), Some("items"));
    assert_eq!(world.found[0].context, request.context);
    world.expect(&[(20, Some("endpoint"), Some("/users"))]);
}

#[test]
fn the_threshold_counts() {
    for (count, time, is_found) in [(4, 0, false), (5, 0, true), (5, 3, false), (6, 3, true)] {
        let mut world = World::new();
        world.limits().total_time = time * MS;
        let request = Begun::root("endpoint");
        world.queries(&request, BY_ID, count);
        world.end(request);
        assert_eq!(
            !world.found.is_empty(),
            is_found,
            "{count} queries, {time} ms"
        );
    }
}

#[test]
fn literals_do_not_make_other_statements() {
    let mut world = World::new();
    let request = Begun::root("endpoint");
    for id in 0..7 {
        world.query(
            &request,
            &format!("select a from t where id = {id} -- {id}"),
        );
    }
    world.end(request);
    world.expect(&[(7, Some("endpoint"), None)]);
}

#[test]
fn the_span_that_asks_is_named_and_the_request_tells() {
    let mut world = World::new();
    let request = Begun::root("endpoint");
    let page = request.child("users.page");
    let load = page.child("users.load");
    world.queries(&load, BY_ID, 8);
    for span in [load, page] {
        world.end(span);
        world.expect_nothing();
    }
    world.end_with_route(request, "/users");
    world.expect(&[(8, Some("users.load"), Some("/users"))]);
}

#[test]
fn a_transaction_is_where_its_queries_are_but_belongs_to_the_span_above() {
    let mut world = World::new();
    let request = Begun::root("endpoint");
    let transaction = request.child("repo.transaction");
    world.queries(&transaction, BY_ID, 20);
    world.end_transaction(transaction);
    world.end(request);
    world.expect(&[(20, Some("endpoint"), None)]);

    // One transaction for each.
    let request = Begun::root("endpoint");
    for _ in 0..6 {
        let transaction = request.child("repo.transaction");
        let savepoint = transaction.child("repo.transaction");
        world.query(&savepoint, BY_ID);
        world.end_transaction(savepoint);
        world.end_transaction(transaction);
    }
    world.end(request);
    world.expect(&[(6, Some("endpoint"), None)]);

    // And one with nothing above.
    let transaction = Begun::root("repo.transaction");
    world.queries(&transaction, BY_ID, 5);
    world.end_transaction(transaction);
    world.expect(&[(5, Some("repo.transaction"), None)]);
}

#[test]
fn small_spans_of_one_name_are_a_loop() {
    let mut world = World::new();
    let request = Begun::root("endpoint");
    let page = request.child("page");
    for _ in 0..20 {
        let load = page.child("users.load_one");
        let cache = load.child("cache.miss");
        world.query(&cache, BY_ID);
        world.end(cache);
        world.end(load);
    }
    world.end(page);
    world.end_with_route(request, "/");
    world.expect(&[(20, Some("page"), Some("/"))]);
}

#[test]
fn spans_of_other_names_that_ask_the_same_are_none() {
    let mut world = World::new();
    let request = Begun::root("endpoint");
    for name in ["a", "b", "c", "d", "e", "f"] {
        let span = request.child(name);
        world.queries(&span, BY_ID, 2);
        world.end(span);
    }
    world.end(request);
    world.expect_nothing();
}

#[test]
fn loops_in_several_spans_are_one_finding_of_the_request() {
    let mut world = World::new();
    let request = Begun::root("endpoint");
    for (name, count) in [("few", 5), ("many", 9), ("one", 1)] {
        let span = request.child(name);
        world.queries(&span, BY_ID, count);
        world.end(span);
    }
    world.end(request);
    world.expect(&[(14, Some("many"), None)]);
}

#[test]
fn a_function_that_calls_itself_is_a_loop() {
    let mut world = World::new();
    let request = Begun::root("endpoint");
    let mut chain = vec![request];
    for _ in 0..7 {
        chain.push(chain.last().unwrap().child("tree.parent"));
    }
    while let Some(span) = chain.pop() {
        if span.name != "endpoint" {
            world.query(&span, BY_ID);
        }
        world.end(span);
    }
    world.expect(&[(7, Some("tree.parent"), None)]);
}

#[test]
fn writes_and_bulk_inserts_are_none_unless_they_are_asked_for() {
    let insert = "INSERT INTO t (a, b) VALUES (?, ?)";
    let bulk = format!("{insert}{}", ", (?, ?)".repeat(500));
    for (writes, expected) in [(false, 0), (true, 1)] {
        let mut world = World::new();
        world.settings.writes = writes;
        let request = Begun::root("endpoint");
        world.query(&request, &bulk);
        world.queries(&request, insert, 20);
        world.queries(&request, "BEGIN", 20);
        world.queries(&request, "SELECT 1", 20);
        world.end(request);
        assert_eq!(world.found.len(), expected);
    }
}

#[test]
fn two_statements_are_two() {
    let mut world = World::new();
    let request = Begun::root("endpoint");
    for _ in 0..4 {
        world.query(&request, BY_ID);
        world.query(&request, "SELECT name FROM users WHERE id = ?");
    }
    world.end(request);
    world.expect_nothing();
}

#[test]
fn requests_are_apart_also_in_one_trace() {
    let mut world = World::new();
    let elsewhere = SpanContext::new_root();
    let remote = SpanContext::new(elsewhere.trace_id(), elsewhere.span_id(), true);
    // All at once.
    let requests = [(); 10].map(|()| Begun::below_context("endpoint", Some(remote)));
    for _ in 0..4 {
        for request in &requests {
            world.query(request, BY_ID);
        }
    }
    for request in requests {
        world.end_with_route(request, "/");
    }
    world.expect_nothing();

    // Requests, messages and attempts below one span of the process.
    let server = Begun::root("server");
    for _ in 0..10 {
        let request = server.child("endpoint");
        world.query(&request, BY_ID);
        world.end_with_route(request, "/");
    }
    world.settings.separate = vec!["tick".to_owned()];
    for _ in 0..10 {
        let tick = server.child("tick");
        world.query(&tick, BY_ID);
        world.end(tick);
    }
    world.end(server);
    world.expect_nothing();

    // Nothing of ours is above these, so there is no request that they could be of.
    let nothing = Begun::below_context("endpoint", None);
    let orphan = Begun {
        context: remote,
        ..nothing
    };
    world.queries(&orphan, BY_ID, 20);
    world.settle();
    world.expect_nothing();
}

#[test]
fn whoever_polls_makes_no_loop_however_long_it_goes_on() {
    let mut world = World::new();
    let stream = Begun::root("stream");
    for _ in 0..10_000 {
        world.query(&stream, BY_ID);
        world.wait(150);
    }
    world.settle();
    world.end(stream);
    world.expect_nothing();
    assert!(world.shard.left_out == 0 && world.shard.evicted == 0);
}

#[test]
fn whoever_polls_often_makes_no_loop_once_it_goes_on() {
    let mut world = World::new();
    let reader = Begun::root("reader");
    for _ in 0..10_000 {
        world.query(&reader, BY_ID);
        world.wait(50);
    }
    world.settle();
    world.end(reader);
    world.expect_nothing();

    // As long, but at work.
    let batch = Begun::root("batch");
    for _ in 0..10_000 {
        world.query(&batch, BY_ID);
        world.now += 3 * MS;
    }
    world.end(batch);
    assert_eq!(world.found.len(), 1);
}

#[test]
fn a_loop_is_one_whatever_came_before_and_after() {
    let mut world = World::new();
    let request = Begun::root("endpoint");
    for count in [1, 7, 3, 6, 1] {
        world.queries(&request, BY_ID, count);
        world.wait(500);
    }
    world.end(request);
    world.expect(&[(13, Some("endpoint"), None)]);
}

#[test]
fn queries_that_run_at_the_same_time_are_a_loop_in_whatever_order_they_end() {
    let mut world = World::new();
    let request = Begun::root("endpoint");
    for took in [900, 20, 500, 700, 300] {
        world.query_with(&request, BY_ID, |query| {
            query.call.end = query.call.start + took * MS;
        });
    }
    world.end(request);
    world.expect(&[(5, Some("endpoint"), None)]);
}

#[test]
fn pages_are_no_loop_but_single_rows_are() {
    let page = "SELECT a FROM t WHERE id > ? ORDER BY id LIMIT ?";
    let cases: [(&[Option<u64>], bool); 5] = [
        (
            &[Some(100), Some(100), Some(100), Some(100), Some(40)],
            false,
        ),
        (&[None, None, None, None, None], false),
        (&[Some(1), Some(1), Some(1), Some(1), Some(1)], true),
        (&[Some(3), Some(0), Some(7), Some(2), Some(9)], true),
        (&[Some(3), Some(2), Some(3), Some(3), Some(3)], true),
    ];
    for (rows, is_found) in cases {
        let mut world = World::new();
        let request = Begun::root("endpoint");
        for rows in rows {
            world.query_with(&request, page, |query| query.call.rows = *rows);
        }
        world.end(request);
        assert_eq!(!world.found.is_empty(), is_found, "{rows:?}");
    }
}

#[test]
fn what_failed_is_tried_again_and_does_not_count() {
    let mut world = World::new();
    let request = Begun::root("endpoint");
    for _ in 0..20 {
        world.query_with(&request, BY_ID, |query| query.counts = false);
    }
    world.queries(&request, BY_ID, 4);
    world.end(request);
    world.expect_nothing();
}
