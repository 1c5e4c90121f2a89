//! Tickets that wait in a table or travel through a broker, as texts.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use telemetry::{SpanContext, span};
use telemetry_jobs::{Jobs, StoredTicket};

use crate::support::{DEADLINE, assert_idle, names, observed, one, time};

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The time of day, in microseconds, so far from now.
fn micros(ago: Duration, ahead: Duration) -> u128 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    (now - ago + ahead).as_micros()
}

#[test]
fn a_stored_job_goes_on_where_it_was() {
    let (events, _jobs, queue) = observed("stored.round");
    let request = span!("stored.round.request");
    let trace = request.context().unwrap().trace_id();
    let row = request
        .in_scope(|| queue.enqueued("Work"))
        .store()
        .to_string();
    assert_idle(&queue);

    let attempt = queue.restore("Work", row.parse().unwrap()).start();
    let row = attempt.retry(Duration::ZERO).store().to_string();
    assert_idle(&queue);

    let ticket = queue.restore("Work", row.parse().unwrap());
    assert_eq!((queue.waiting(), queue.running()), (1, 0));
    assert_eq!(ticket.attempt(), 2);
    assert_eq!(ticket.context().unwrap().trace_id(), trace);
    ticket.start().finish();
    assert_idle(&queue);

    let events = events.named("stored.round.attempt.start");
    assert_eq!(events.len(), 2);
    assert!(
        events
            .iter()
            .all(|event| event.context().unwrap().trace_id() == trace)
    );
}

#[test]
fn storing_and_restoring_say_nothing() {
    let (events, _jobs, queue) = observed("stored.silent");
    let stored = queue.enqueued("Work").store();
    let stored = queue.restore("Work", stored).store();
    assert_eq!(names(&events), ["enqueued"]);
    // What is taken out of the store and then lost is as lost as any.
    drop(queue.restore("Work", stored));
    assert_eq!(names(&events), ["enqueued", "dropped"]);
}

#[test]
fn the_time_in_the_store_is_time_in_the_queue() {
    let (events, _jobs, queue) = observed("stored.time");
    let day = Duration::from_secs(86_400);
    let text = format!("1.{}.1.{TRACE}", micros(day, Duration::ZERO));
    queue
        .restore("Work", text.parse().unwrap())
        .start()
        .finish();
    let queue_time = time(&one(&events, "stop"), "queue_time");
    // The clock of the day may be set while a test runs, though not by much.
    assert!(
        queue_time > day - DEADLINE && queue_time < day + DEADLINE,
        "{queue_time:?}"
    );
}

#[test]
fn a_clock_that_is_ahead_makes_a_job_that_has_not_waited() {
    let (events, _jobs, queue) = observed("stored.ahead");
    let text = format!(
        "1.{}.1.-",
        micros(Duration::ZERO, Duration::from_secs(86_400))
    );
    queue
        .restore("Work", text.parse().unwrap())
        .start()
        .finish();
    assert_eq!(time(&one(&events, "stop"), "queue_time"), Duration::ZERO);
}

#[test]
fn a_time_long_gone_is_bounded() {
    let (events, _jobs, queue) = observed("stored.gone");
    queue
        .restore("Work", "1.0.1.-".parse().unwrap())
        .start()
        .finish();
    let queue_time = time(&one(&events, "stop"), "queue_time");
    assert!(
        queue_time <= Duration::from_secs(366 * 86_400),
        "{queue_time:?}"
    );
}

#[test]
fn a_bad_text_gives_a_job_from_nowhere_that_runs() {
    let (events, _jobs, queue) = observed("stored.bad");
    let stored = "1.1.1.00-00000000000000000000000000000000-0000000000000000-00";
    let ticket = queue.restore("Work", stored.parse().unwrap_or_default());
    assert_eq!((ticket.attempt(), ticket.context()), (1, None));
    ticket.start().in_scope(|| ());
    let stop = one(&events, "stop");
    assert!(stop.metadata_is("outcome", "ok"));
    assert_eq!(stop.span().unwrap().parent(), None);
    assert!(time(&stop, "queue_time") < DEADLINE);
}

proptest! {
    #[test]
    fn whatever_is_stored_a_job_can_be_made_of_it(
        text in prop_oneof![
            "\\PC{0,100}",
            "1\\.[0-9]{0,21}\\.[0-9]{0,11}\\.(-|00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})",
        ],
        delay: u64,
    ) {
        let queue = Jobs::new("stored.any").unwrap().queue("q");
        let parsed: Result<StoredTicket, _> = text.parse();
        let ticket = queue.restore("Work", parsed.unwrap_or_default());
        let number = ticket.attempt();
        prop_assert!(number > 0);
        let again = ticket.start().retry(Duration::from_secs(delay)).store();
        prop_assert_eq!(again.attempt(), number.saturating_add(1));
        prop_assert_eq!(again.to_string().parse::<StoredTicket>(), Ok(again));
        assert_idle(&queue);
    }

    #[test]
    fn a_ticket_keeps_what_matters_through_its_text(attempt in 1..=u32::MAX, far in 0..1_000_000_u64) {
        let queue = Jobs::new("stored.kept").unwrap().queue("q");
        let now = micros(Duration::ZERO, Duration::ZERO) as u64;
        for due in [now - far, now + far] {
            let text = format!("1.{due}.{attempt}.{TRACE}");
            let stored = queue.restore("Work", text.parse().unwrap()).store();
            prop_assert_eq!(stored.attempt(), attempt);
            prop_assert_eq!(stored.context(), TRACE.parse::<SpanContext>().ok());
            let after: u64 = stored.to_string().split('.').nth(1).unwrap().parse().unwrap();
            prop_assert!(after.abs_diff(due) < DEADLINE.as_micros() as u64);
        }
    }
}
