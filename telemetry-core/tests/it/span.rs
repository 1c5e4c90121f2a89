//! Spans without futures: which events, in which order, and how a span ends.

use std::thread;
use std::time::{Duration, Instant};

use telemetry::{Number, Span, SpanContext, SpanName, attach, attach_many, execute, span};

use crate::support::{Log, OnDrop, catch, failures, panic_quietly, watch};

#[test]
fn a_span_is_a_start_and_a_stop() {
    let log = Log::new();
    let _guard = watch("it.span.plain", &log);
    let span = span!("it.span.plain", { currency: "EUR", items: 3 });
    assert!(span.is_observed());
    assert_eq!(
        log.take(),
        ["it.span.plain.start monotonic_time system_time | currency=EUR items=3"]
    );
    span.finish();
    assert_eq!(
        log.take(),
        ["it.span.plain.stop duration monotonic_time | currency=EUR items=3 outcome=ok"]
    );
}

#[test]
fn every_spelling_means_what_it_says() {
    let log = Log::new();
    let _guard = attach("it-span-spell", "it.span.spell.start", log.writes_event())
        .unwrap()
        .guard();
    let (route, r#type) = (String::from("/"), 'c');
    let name = SpanName::new("it.span.spell").unwrap();
    span!("it.span.spell").finish();
    span!("it.span.spell",).finish();
    span!("it.span.spell", {}).finish();
    span!(name).finish();
    span!(&name, {},).finish();
    assert_eq!(
        log.take(),
        ["it.span.spell.start monotonic_time system_time |"; 5]
    );
    span!("it.span.spell", { route, r#type, "a.b": 1, }).finish();
    span!(name, { route, r#type, "a.b": 1 },).finish();
    let expected = "it.span.spell.start monotonic_time system_time | route=/ type=c a.b=1";
    assert_eq!(log.take(), [expected; 2]);
    assert_eq!(route, "/", "nothing is moved");
}

#[test]
fn every_way_to_end_is_exactly_one_terminal_event() {
    fn fails(work: impl FnOnce(Span)) {
        assert!(catch(|| work(span!("it.span.ends"))).is_err());
    }
    let log = Log::new();
    let events = ["it.span.ends.stop", "it.span.ends.exception"];
    let _guard = attach_many("it-span-ends", events, log.writes_event())
        .unwrap()
        .guard();
    let begin = || span!("it.span.ends");
    let one = |what: &str| {
        let lines = log.take();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(lines[0], format!("it.span.ends.{what}"));
    };
    let stop = |outcome: &str| one(&format!("stop duration monotonic_time | outcome={outcome}"));
    let exception = |reason: &str| {
        let outcome = "outcome=panic kind=panic";
        one(&format!(
            "exception duration monotonic_time | {outcome} reason={reason}"
        ));
    };

    begin().finish();
    stop("ok");
    begin().in_scope(|| ());
    stop("ok");
    drop(begin());
    stop("cancelled");
    let span = begin();
    span.fail("declined");
    span.finish();
    stop("error reason=declined");
    let span = begin();
    span.fail("declined");
    drop(span);
    stop("error reason=declined");
    let span = begin();
    let handle = span.handle();
    span.in_scope(move || handle.fail(&std::fmt::Error));
    stop(&format!("error reason={}", std::fmt::Error));
    fails(|span| span.in_scope(|| panic_quietly("oops")));
    exception("oops");
    fails(|span| span.in_scope(|| panic_quietly(String::from("made"))));
    exception("made");
    fails(|span| span.in_scope(|| panic_quietly(7)));
    exception("a panic without a message");
    fails(|_span| panic_quietly("the message is not known where it is dropped"));
    exception("unknown: the span was dropped by unwinding");
    fails(|span| {
        span.fail("declined, and then");
        panic_quietly("oops");
    });
    exception("unknown: the span was dropped by unwinding");
    begin().in_scope(|| begin().finish());
    assert_eq!(log.len(), 2);
}

#[test]
fn the_work_of_in_scope_gives_back_its_result_and_its_panic() {
    let observed = |observe: bool| {
        let log = Log::new();
        let _guard = observe.then(|| watch("it.span.result", &log));
        let begin = || span!("it.span.result");
        let text = String::from("moved out");
        assert_eq!(begin().in_scope(move || text), "moved out");
        let panic = catch(|| begin().in_scope(|| panic_quietly(vec![1u8, 2]))).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&vec![1u8, 2]));
    };
    observed(false);
    observed(true);
}

#[test]
fn a_span_that_nobody_observes_does_nothing() {
    let log = Log::new();
    let mut evaluated = 0;
    let mut begin = || span!("it.span.unobserved", { n: { evaluated += 1; evaluated } });
    let span = begin();
    assert!(!span.is_observed());
    // From here on somebody listens, but it was decided when the span began.
    let guard = watch("it.span.unobserved", &log);
    span.set("key", 1);
    span.measure("n", 1);
    span.fail("nobody hears");
    span.handle().set("key", 2);
    span.finish();
    drop(Span::unobserved());
    assert_eq!(log.len(), 0);
    begin().finish();
    assert_eq!(log.take().len(), 2);
    drop(guard);
    begin().finish();
    assert_eq!((evaluated, log.len()), (1, 0));
}

#[test]
fn whoever_is_attached_at_the_end_gets_the_end() {
    let log = Log::new();
    let start = attach("it-span-late-1", "it.span.late.start", log.writes_name())
        .unwrap()
        .guard();
    let span = span!("it.span.late");
    let _stop = attach("it-span-late-2", "it.span.late.stop", log.writes_name())
        .unwrap()
        .guard();
    drop(start);
    span.finish();
    assert_eq!(log.take(), ["it.span.late.start", "it.span.late.stop"]);

    let stop = attach("it-span-gone", "it.span.gone.stop", log.writes_name())
        .unwrap()
        .guard();
    let span = span!("it.span.gone");
    drop(stop);
    span.finish();
    assert_eq!(log.len(), 0);
}

#[test]
fn each_of_the_three_events_alone_is_enough_to_observe_a_span() {
    let log = Log::new();
    let begin = || span!("it.span.each", { n: 1 });
    for (event, seen) in [("start", 2), ("stop", 1), ("exception", 1)] {
        let event = format!("it.span.each.{event}");
        let _guard = attach("it-span-each", &event, log.writes_name())
            .unwrap()
            .guard();
        assert!(begin().is_observed());
        log.take();
        begin().finish();
        assert!(catch(|| begin().in_scope(|| panic_quietly("oops"))).is_err());
        assert_eq!(log.take(), vec![event; seen]);
    }
    assert!(!begin().is_observed());
}

#[test]
fn the_duration_is_that_of_the_work_alone() {
    let log = Log::new();
    let seen = log.clone();
    let slow = Duration::from_millis(40);
    let _slow = attach("it-span-slow-1", "it.span.slow.start", move |_| {
        thread::sleep(slow);
    });
    let _duration = attach("it-span-slow-2", "it.span.slow.stop", move |event| {
        thread::sleep(slow);
        let time = event
            .measurement("duration")
            .and_then(Number::as_duration)
            .unwrap();
        seen.push(if time < slow { "short" } else { "long" });
    });
    let _guards = [_slow, _duration].map(|attached| attached.unwrap().guard());
    span!("it.span.slow").finish();
    let span = span!("it.span.slow");
    thread::sleep(slow);
    span.finish();
    assert_eq!(log.take(), ["short", "long"]);
}

#[test]
fn the_times_fit_together() {
    let log = Log::new();
    let seen = log.clone();
    let _guard = attach_many(
        "it-span-times",
        ["it.span.times.start", "it.span.times.stop"],
        move |event| {
            let time = |key| event.measurement(key).and_then(Number::as_duration);
            seen.push(time("monotonic_time").unwrap().as_nanos().to_string());
            seen.push(
                time("duration")
                    .or(time("system_time"))
                    .unwrap()
                    .as_nanos()
                    .to_string(),
            );
        },
    )
    .unwrap()
    .guard();
    let begin = Instant::now();
    span!("it.span.times").in_scope(|| while begin.elapsed() < Duration::from_millis(2) {});
    let whole = begin.elapsed().as_nanos();
    let times: Vec<u128> = log
        .take()
        .iter()
        .map(|time| time.parse().unwrap())
        .collect();
    let [start, system, stop, duration] = times[..] else {
        panic!("{times:?}")
    };
    assert!(start <= stop && stop - start <= whole, "{times:?} {whole}");
    assert!(duration <= stop - start, "{times:?}");
    let since_epoch = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_nanos();
    assert!(system.abs_diff(since_epoch) < Duration::from_secs(60).as_nanos());
}

#[test]
fn a_span_may_end_on_another_thread() {
    let log = Log::new();
    let _guard = watch("it.span.send", &log);
    let span = span!("it.span.send", { text: String::from("gone by then") });
    let handle = span.handle();
    thread::spawn(move || {
        handle.measure("n", 1);
        span.finish();
    })
    .join()
    .unwrap();
    let end = "it.span.send.stop duration monotonic_time n=1 | text=gone by then outcome=ok";
    assert_eq!(log.take()[1..], [end]);
}

#[test]
fn failing_handlers_of_a_span_leave_its_work_alone() {
    let log = Log::new();
    let events = ["it.span.fails.start", "it.span.fails.stop"];
    let _guard = attach_many("it-span-fails", events, |_| panic_quietly("on purpose"))
        .unwrap()
        .guard();
    let _watch = watch("it.span.fails", &log);
    assert_eq!(span!("it.span.fails").in_scope(|| 7), 7);
    assert_eq!(failures("it-span-fails"), 2);
    let lines = log.take();
    assert!(
        lines.len() == 2 && lines[1].ends_with("outcome=ok"),
        "{lines:?}"
    );
}

#[test]
fn a_span_begun_by_a_destructor_that_unwinds_did_not_panic() {
    let log = Log::new();
    let _guard = attach_many(
        "it-span-cleanup",
        ["it.span.cleanup.stop", "it.span.cleanup.exception"],
        log.writes_event(),
    )
    .unwrap()
    .guard();
    let begin = || span!("it.span.cleanup");
    let panic = catch(|| {
        let _cleans_up = OnDrop::new(|| {
            begin().finish();
            begin().in_scope(|| ());
            drop(begin());
        });
        panic_quietly("on purpose");
    });
    assert!(panic.is_err());
    assert_eq!(
        log.take(),
        ["ok", "ok", "cancelled"]
            .map(|end| format!("it.span.cleanup.stop duration monotonic_time | outcome={end}"))
    );
}

#[test]
fn spans_nest() {
    let log = Log::new();
    let seen = log.clone();
    let events = [
        "it.span.nest.start",
        "it.span.nest.stop",
        "it.span.nest.inside",
    ];
    let _guard = attach_many("it-span-nest", events, move |event| {
        let depth = event.metadata("depth").unwrap_or_default();
        seen.push(format!("{} {depth}", event.name()));
    })
    .unwrap()
    .guard();
    let begin = |depth: u32| span!("it.span.nest", { depth });
    begin(1).in_scope(|| begin(2).in_scope(|| execute!("it.span.nest.inside")));
    assert_eq!(
        log.take(),
        [
            "it.span.nest.start 1",
            "it.span.nest.start 2",
            "it.span.nest.inside ",
            "it.span.nest.stop 2",
            "it.span.nest.stop 1"
        ]
    );
}

#[test]
fn one_callsite_serves_spans_of_two_prefixes() {
    let log = Log::new();
    let names = ["it.span.shop", "it.span.admin"].map(|name| SpanName::new(name).unwrap());
    let _guard = watch("it.span.admin", &log);
    for name in names {
        let span = span!(name, { n: 1 });
        assert_eq!(span.is_observed(), name.as_str() == "it.span.admin");
        span.finish();
    }
    assert_eq!(
        log.take(),
        [
            "it.span.admin.start monotonic_time system_time | n=1",
            "it.span.admin.stop duration monotonic_time | n=1 outcome=ok"
        ]
    );
}

#[test]
fn a_span_that_says_what_its_name_ends_with_emits_under_its_name_as_it_is() {
    let log = Log::new();
    let name = SpanName::new("it.span.mail.send").unwrap();
    let other = SpanName::new("it.span.post.send").unwrap();
    let mut evaluated = 0;
    span!("*.mail.send" => name, { n: { evaluated += 1; 1 } }).finish();
    assert_eq!(evaluated, 0);
    let _guards = [
        watch("it.span.mail.send", &log),
        watch("it.span.post.send", &log),
    ];
    let parent = SpanContext::new_root();
    let span = span!(parent: parent, "*.mail.send" => &name, { n: 1 });
    assert_eq!(span.context().unwrap().trace_id(), parent.trace_id());
    span.finish();
    // Only the catalogue is told; nobody looks at the name.
    span!("*.mail.send" => other).finish();
    assert_eq!(
        log.take(),
        [
            "it.span.mail.send.start monotonic_time system_time | n=1",
            "it.span.mail.send.stop duration monotonic_time | n=1 outcome=ok",
            "it.span.post.send.start monotonic_time system_time |",
            "it.span.post.send.stop duration monotonic_time | outcome=ok",
        ]
    );
}
