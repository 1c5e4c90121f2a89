//! Several messages at a time.

use futures_util::FutureExt;

use crate::support::{assert_idle, number, observed, one, text};

#[test]
fn a_batch_counts_its_messages_and_what_failed() {
    let (events, _jobs, queue) = observed("batches.counted");
    let tickets = [1, 2, 3].map(|_| queue.enqueued("Insert"));
    let batch = queue.batch("InsertAll", tickets.len());
    let handle = batch.handle();
    batch.in_scope(|| {
        for (number, ticket) in tickets.into_iter().enumerate() {
            let attempt = ticket.start();
            if number == 1 {
                attempt.fail("no such table");
                handle.failed(1);
            }
            attempt.finish();
        }
    });
    assert_idle(&queue);
    let stop = one(&events, "batch.stop");
    assert_eq!((number(&stop, "messages"), number(&stop, "failed")), (3, 1));
    assert_eq!(
        (text(&stop, "worker"), text(&stop, "outcome")),
        ("InsertAll".into(), "ok".into())
    );
    assert_eq!(events.named("batches.counted.attempt.stop").len(), 3);
}

#[test]
fn a_batch_ends_as_an_attempt_does() {
    crate::support::quiet();
    let (events, _jobs, queue) = observed("batches.ends");
    let batch = || queue.batch("Insert", 2);
    batch().finish();
    drop(batch());
    drop(batch().run(async {}));
    batch().run(async {}).now_or_never().unwrap();
    batch()
        .run_result(async { Err::<(), _>("no") })
        .now_or_never()
        .unwrap()
        .unwrap_err();
    batch().in_scope_result(|| Err::<(), _>("no")).unwrap_err();
    let failed = batch();
    failed.handle().fail("no");
    failed.finish();
    let panicking = || batch().in_scope(|| panic!("{}", crate::support::EXPECTED));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(panicking)).unwrap_err();

    let mut ends = events.events();
    ends.retain(|event| event.kind().is_span_end());
    let outcomes: Vec<_> = ends.iter().map(|end| text(end, "outcome")).collect();
    let expected = [
        "ok",
        "cancelled",
        "cancelled",
        "ok",
        "error",
        "error",
        "error",
        "panic",
    ];
    assert_eq!(outcomes, expected);
    assert!(
        ends.iter()
            .all(|end| number(end, "messages") == 2 && number(end, "failed") == 0)
    );
}
