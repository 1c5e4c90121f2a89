//! The helper for tests, which is to fail those that ask in a loop and no others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use telemetry_traces::testing::{forbid_n_plus_one, forbid_n_plus_one_in};

use crate::shop::{ITEMS, queries, query, request, transaction};

/// A busy machine may stop a thread in the middle of a loop.
const LONG: Duration = Duration::from_secs(30);

fn panic_of(work: impl FnOnce()) -> Option<String> {
    let payload = catch_unwind(AssertUnwindSafe(work)).err()?;
    Some(payload.downcast_ref::<String>().unwrap().clone())
}

#[test]
fn a_test_that_asks_in_a_loop_fails_and_is_told_what_to_do() {
    let message = panic_of(|| {
        let _forbidden = forbid_n_plus_one().gap(LONG);
        request("/users-slow", || queries(ITEMS, 20));
    });
    let message = message.expect("it is forbidden");
    for part in [
        "forbidden at reporters/traces/tests/n_plus_one/helper.rs:",
        "N+1 in `nplus.endpoint` (/users-slow)",
        "ran 20 times",
        "where user_id in (..)",
    ] {
        assert!(message.contains(part), "`{part}` in: {message}");
    }
}

#[test]
fn a_test_that_does_not_passes() {
    let forbidden = forbid_n_plus_one().gap(LONG).threshold(3);
    request("/", || queries(ITEMS, 2));
    request("/", || queries(ITEMS, 2));
    assert_eq!(forbidden.findings(), []);
    forbidden.check();
}

#[test]
fn what_has_not_ended_is_seen_and_check_says_it_once() {
    let message = panic_of(|| {
        let forbidden = forbid_n_plus_one_in(["nplus.repo.*"]).gap(LONG);
        request("/", || {
            queries(ITEMS, 5);
            // The request was not captured, so nobody knows its name.
            assert_eq!(forbidden.findings()[0].parent, None);
            forbidden.check();
        });
    });
    assert!(message.is_some());
}

#[test]
fn a_test_that_calls_a_function_directly_needs_no_span() {
    let message = panic_of(|| {
        let _forbidden = forbid_n_plus_one().gap(LONG);
        queries(ITEMS, 3);
        transaction(|| queries(ITEMS, 2));
    });
    let message = message.expect("it is forbidden");
    assert!(message.contains("ran 5 times"), "{message}");
    let forbidden = forbid_n_plus_one().gap(LONG);
    queries(ITEMS, 4);
    query("SELECT name FROM users");
    forbidden.check();
}

#[test]
fn what_is_below_no_span_is_nobodys_where_a_request_is() {
    let forbidden = forbid_n_plus_one().gap(LONG);
    request("/", || query(ITEMS));
    queries(ITEMS, 20);
    assert_eq!(forbidden.findings(), []);
    forbidden.check();
}

#[test]
fn a_test_without_queries_fails_unless_it_says_that_there_are_none() {
    let message = panic_of(|| {
        let _forbidden = forbid_n_plus_one().gap(LONG);
        // As a server does it whose tasks are on other threads.
        std::thread::spawn(|| request("/", || queries(ITEMS, 20)))
            .join()
            .unwrap();
        request("/", || {});
    });
    let message = message.expect("it saw nothing");
    assert!(message.contains("no query was seen"), "{message}");
    let _content = forbid_n_plus_one().gap(LONG).even_without_queries();
    request("/", || {});
}

#[test]
fn what_is_allowed_is_allowed() {
    let forbidden = forbid_n_plus_one()
        .gap(LONG)
        .allow("SELECT title FROM items")
        .writes(true);
    request("/", || queries(ITEMS, 20));
    forbidden.check();
}

#[test]
fn a_test_that_fails_anyway_fails_with_its_own_message() {
    let payload = catch_unwind(|| {
        let _forbidden = forbid_n_plus_one().gap(LONG);
        request("/", || queries(ITEMS, 20));
        panic!("its own");
    });
    assert_eq!(
        payload.unwrap_err().downcast_ref::<&str>(),
        Some(&"its own")
    );
}

#[test]
fn tests_side_by_side_do_not_see_each_other_and_threads_belong_to_who_takes_them() {
    std::thread::scope(|threads| {
        for n in 0..8 {
            threads.spawn(move || {
                let forbidden = forbid_n_plus_one().gap(LONG);
                for _ in 0..50 {
                    let count = if n % 2 == 0 { 20 } else { 1 };
                    request("/", || queries(ITEMS, count));
                }
                assert_eq!(forbidden.findings().len(), if n % 2 == 0 { 50 } else { 0 });
                if n % 2 == 0 {
                    assert!(panic_of(|| forbidden.check()).is_some());
                }
            });
        }
    });

    let forbidden = forbid_n_plus_one().gap(LONG);
    std::thread::scope(|threads| {
        threads.spawn(|| request("/not-mine", || queries(ITEMS, 20)));
        threads.spawn(|| forbidden.in_scope(|| request("/mine", || queries(ITEMS, 20))));
        // One request on many threads.
        request("/threads", || {
            for _ in 0..6 {
                let work = telemetry::in_current_context_fn(|| {
                    query("select name from users where id = ?");
                });
                threads.spawn(work).join().unwrap();
            }
        });
    });
    let mut routes: Vec<_> = forbidden
        .findings()
        .into_iter()
        .map(|found| found.route.unwrap())
        .collect();
    routes.sort();
    assert_eq!(routes, ["/mine", "/threads"]);
    assert!(panic_of(|| forbidden.check()).is_some());
}
