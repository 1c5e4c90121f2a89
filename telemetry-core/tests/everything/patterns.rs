//! Patterns: events met earlier and later, gates, rows of the list.

use std::cell::Cell;

use telemetry::{
    EventName, SpanName, attach, attach_many, attach_spans, completion_span, detach, execute,
    list_handlers, span,
};

use crate::support::{Log, alone};

#[test]
fn a_pattern_concerns_events_met_earlier_and_later() {
    for pattern in ["*", "patterns.*", "patterns.time.*"] {
        let _alone = alone();
        let log = Log::new();
        let earlier = || execute!("patterns.time.earlier");
        let later = || execute!("patterns.time.later");
        let in_span = || span!("patterns.time.span").finish();
        let later_span = || span!("patterns.time.later_span").finish();
        let query = || completion_span!("patterns.time.query").finish();
        let unique = pattern.replace(['*', '.'], "-");
        let made = |when: &str| EventName::new(&format!("patterns.time.{when}{unique}")).unwrap();
        let made_span =
            |when: &str| SpanName::new(&format!("patterns.time.s_{when}{unique}")).unwrap();

        earlier();
        in_span();
        query();
        let (name, span_name) = (made("earlier"), made_span("earlier"));
        assert!(!name.is_observed() && !span_name.is_observed());
        execute!(name);
        let guard = attach("patterns-time", pattern, log.writes_name())
            .unwrap()
            .guard();
        assert!(name.is_observed() && span_name.is_observed());
        let (later_name, later_span_name) = (made("later"), made_span("later"));
        assert!(later_name.is_observed() && later_span_name.is_observed());

        let all = || {
            earlier();
            later();
            in_span();
            later_span();
            query();
            execute!(name);
            execute!(later_name);
            span!(span_name).finish();
            span!(later_span_name).finish();
            completion_span!(later_name).finish();
        };
        all();
        let expected: Vec<String> = [
            "earlier".to_owned(),
            "later".to_owned(),
            "span.start".to_owned(),
            "span.stop".to_owned(),
            "later_span.start".to_owned(),
            "later_span.stop".to_owned(),
            "query".to_owned(),
            format!("earlier{unique}"),
            format!("later{unique}"),
            format!("s_earlier{unique}.start"),
            format!("s_earlier{unique}.stop"),
            format!("s_later{unique}.start"),
            format!("s_later{unique}.stop"),
            format!("later{unique}"),
        ]
        .map(|name| format!("patterns.time.{name}"))
        .into();
        assert_eq!(log.take(), expected, "{pattern}");

        drop(guard);
        all();
        assert_eq!(log.take(), [""; 0], "{pattern}");
        assert!(!name.is_observed() && !later_span_name.is_observed());
    }
}

#[test]
fn a_pattern_is_about_whole_segments_below_its_prefix() {
    let _alone = alone();
    let log = Log::new();
    let _guard = attach("patterns-whole", "patterns.whole.*", log.writes_name())
        .unwrap()
        .guard();
    execute!("patterns.whole");
    execute!("patterns.wholesale.event");
    execute!("patterns.whole-sale.event");
    execute!("patterns");
    execute!("whole.event");
    execute!("x.patterns.whole.event");
    execute!("patterns.whole.event");
    execute!("patterns.whole.event.deeper.still");
    assert_eq!(
        log.take(),
        ["patterns.whole.event", "patterns.whole.event.deeper.still"]
    );
}

#[test]
fn arguments_are_evaluated_while_somebody_is_attached_and_not_before_or_after() {
    for pattern in ["*", "patterns.lazy.*", "patterns.*"] {
        let _alone = alone();
        let count = Cell::new(0);
        let evaluated = || {
            count.set(count.get() + 1);
            1
        };
        let unique = pattern.replace(['*', '.'], "-");
        let name = EventName::new(&format!("patterns.lazy.n{unique}")).unwrap();
        let span_name = SpanName::new(&format!("patterns.lazy.s{unique}")).unwrap();
        let all = || {
            execute!("patterns.lazy.literal", { n: evaluated() }, { n: evaluated() });
            execute!(name, { n: evaluated() });
            span!("patterns.lazy.span", { n: evaluated() }).finish();
            span!(span_name, { n: evaluated() }).finish();
            completion_span!("patterns.lazy.complete", { n: evaluated() }).finish();
            completion_span!(name, { n: evaluated() }).finish();
            count.take()
        };
        assert_eq!(all(), 0);
        for _ in 0..3 {
            let first = attach("patterns-lazy-1", pattern, |_| {}).unwrap().guard();
            assert_eq!(all(), 7);
            let second = attach("patterns-lazy-2", pattern, |_| {}).unwrap().guard();
            assert_eq!(all(), 7);
            drop(first);
            assert_eq!(all(), 7, "one is left");
            drop(second);
            assert_eq!(all(), 0);
        }
    }
}

#[test]
fn an_event_that_two_patterns_match_runs_the_handler_once() {
    let _alone = alone();
    let log = Log::new();
    let patterns = [
        "patterns.twice.event",
        "patterns.twice.*",
        "*",
        "patterns.*",
        "patterns.twice.*",
        "patterns.twice.event",
    ];
    attach_many("patterns-twice", patterns, log.writes_name()).unwrap();
    let later = EventName::new("patterns.twice.later").unwrap();
    execute!("patterns.twice.event");
    execute!(later);
    span!("patterns.twice.span").finish();
    assert_eq!(
        log.take(),
        [
            "patterns.twice.event",
            "patterns.twice.later",
            "patterns.twice.span.start",
            "patterns.twice.span.stop"
        ]
    );
    // One row for each pattern, in the order given; a repeated one is one.
    let rows: Vec<_> = list_handlers("")
        .into_iter()
        .map(|row| row.pattern)
        .collect();
    assert_eq!(rows, patterns[..4]);
    assert!(detach("patterns-twice"));
    execute!("patterns.twice.event");
    execute!(later);
    assert_eq!(log.take(), [""; 0]);
    assert!(!later.is_observed());
}

#[test]
fn the_list_shows_who_could_reach_a_prefix_in_the_order_of_attaching() {
    let _alone = alone();
    let _guards = [
        attach("list-all", "*", |_| {}).unwrap().guard(),
        attach("list-exact", "patterns.list.b", |_| {})
            .unwrap()
            .guard(),
        attach_spans("list-spans", |_| {}).unwrap().guard(),
        attach_many("list-many", ["patterns.list.b.*", "patterns.other"], |_| {})
            .unwrap()
            .guard(),
        attach("list-below", "patterns.list.*", |_| {})
            .unwrap()
            .guard(),
    ];
    let rows = |prefix: &str| {
        let rows = list_handlers(prefix).into_iter();
        rows.map(|row| {
            format!(
                "{} {}{}",
                row.id,
                row.pattern,
                if row.spans_only { " spans" } else { "" }
            )
        })
        .collect::<Vec<_>>()
    };
    let all = [
        "list-all *",
        "list-exact patterns.list.b",
        "list-spans * spans",
        "list-many patterns.list.b.*",
        "list-many patterns.other",
        "list-below patterns.list.*",
    ];
    let only = |which: &[usize]| which.iter().map(|n| all[*n]).collect::<Vec<_>>();
    assert_eq!(rows(""), all);
    assert_eq!(rows("patterns"), all);
    assert_eq!(rows("patterns.list"), only(&[0, 1, 2, 3, 5]));
    assert_eq!(rows("patterns.list.b"), only(&[0, 1, 2, 3, 5]));
    assert_eq!(rows("patterns.list.b.c"), only(&[0, 2, 3, 5]));
    assert_eq!(rows("patterns.list.c"), only(&[0, 2, 5]));
    assert_eq!(rows("patterns.other"), only(&[0, 2, 4]));
    assert_eq!(rows("patterns.lis"), only(&[0, 2]));
    assert_eq!(rows("somewhere.else"), only(&[0, 2]));
    for row in list_handlers("") {
        assert_eq!((row.failures, row.resting_until), (0, None));
    }
}

#[test]
fn one_bad_pattern_attaches_nothing() {
    let _alone = alone();
    let log = Log::new();
    let name = EventName::new("patterns.bad.event").unwrap();
    for bad in [
        "**",
        "*.stop",
        "patterns*",
        "patterns.*.stop",
        "",
        ".*",
        "patterns..*",
        "a b",
    ] {
        for patterns in [["*", bad], [bad, "patterns.bad.*"]] {
            attach_many("patterns-bad", patterns, log.writes_name()).unwrap_err();
            execute!(name);
            assert!(!name.is_observed());
            assert!(!detach("patterns-bad"));
        }
    }
    assert_eq!(list_handlers(""), []);
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn a_pattern_may_come_and_go_while_an_event_is_dispatched() {
    let _alone = alone();
    let log = Log::new();
    let writes = log.clone();
    let _guard = attach("patterns-within", "patterns.within.first", move |_| {
        writes.push("first");
        let seen = writes.clone();
        attach("patterns-within-all", "*", move |event| {
            seen.push(event.name());
        })
        .unwrap();
        // A name that is made here is matched as well.
        execute!(EventName::new("patterns.within.made").unwrap());
        execute!("patterns.within.second");
        detach("patterns-within-all");
        execute!("patterns.within.second");
    })
    .unwrap()
    .guard();
    execute!("patterns.within.first");
    assert_eq!(
        log.take(),
        ["first", "patterns.within.made", "patterns.within.second"],
        "the list of the first event is that of its beginning"
    );
}
