//! The catalogue, as a crate sees it that allows no `unsafe` code. Complete before anything has run:
//! most of what emits here is never called.

#![forbid(unsafe_code)]

use std::fmt::Display;

use telemetry::{
    CallsiteInfo, EventKind, EventName, SpanName, catalogue, catalogue_is_complete,
    completion_span, execute, span,
};

/// The callsites of this file whose module ends so, in the catalogue's order.
fn listed(module: &str) -> Vec<&'static CallsiteInfo> {
    let path = format!("{}::{module}", module_path!());
    catalogue().filter(|at| at.module() == path).collect()
}

/// The only one.
fn only(module: &str) -> &'static CallsiteInfo {
    let all = listed(module);
    assert_eq!(all.len(), 1, "{all:?}");
    all[0]
}

fn metadata(info: &CallsiteInfo) -> Vec<&'static str> {
    info.metadata_keys().collect()
}

mod literal {
    use super::*;

    pub(crate) const LINE: u32 = line!() + 3;
    #[expect(dead_code, reason = "it is listed nevertheless")]
    pub(crate) fn never_called(total: u64, status: u16) {
        execute!(
            "catalogue.literal.done",
            { total, r#type: 1, "http.size": 2 },
            { status, "http.route": "/" },
        );
    }
}

#[test]
fn an_event_is_listed_with_its_keys_and_its_place_though_nothing_calls_it() {
    let info = only("literal");
    assert_eq!(info.name(), "catalogue.literal.done");
    assert_eq!(info.kind(), EventKind::Event);
    assert!(!info.is_open());
    assert_eq!(info.measurement_keys(), ["total", "type", "http.size"]);
    assert_eq!(metadata(info), ["status", "http.route"]);
    assert!(info.file().ends_with("catalogue.rs"), "{info:?}");
    assert_eq!(info.line(), literal::LINE);
    assert!(info.may_emit("catalogue.literal.done"));
    assert!(!info.may_emit("catalogue.literal.done.too") && !info.may_emit("literal.done"));
}

mod short {
    use super::*;

    pub(crate) fn emit() {
        execute!("catalogue.short");
    }
}

#[test]
fn an_event_that_was_emitted_is_listed_once() {
    short::emit();
    let _guard = telemetry::attach("catalogue-short", "catalogue.short", |_| {})
        .unwrap()
        .guard();
    short::emit();
    let info = only("short");
    assert_eq!(info.measurement_keys(), [""; 0]);
    assert_eq!(metadata(info), [""; 0]);
}

mod runtime_suffix {
    use super::*;

    #[expect(dead_code, reason = "it is listed nevertheless")]
    pub(crate) fn never_called(query: EventName) {
        execute!("*.repo.query" => query, { rows: 1 }, { source: "users" });
    }
}

#[test]
fn a_name_whose_prefix_is_chosen_at_run_time_is_listed_by_its_end() {
    let info = only("runtime_suffix");
    assert_eq!(info.name(), "*.repo.query");
    assert_eq!(info.kind(), EventKind::Event);
    assert_eq!(info.measurement_keys(), ["rows"]);
    assert_eq!(metadata(info), ["source"]);
    assert!(info.may_emit("shop.repo.query") && info.may_emit("a.b.repo.query"));
    for other in [
        "repo.query",
        "shop.query",
        "shop.my_repo.query",
        "shop.repo.query.x",
    ] {
        assert!(!info.may_emit(other), "{other}");
    }
}

mod runtime_name {
    use super::*;

    #[expect(dead_code, reason = "it is listed nevertheless")]
    pub(crate) fn never_called(name: EventName) {
        execute!(name, { n: 1 }, { k: 2 });
    }
}

#[test]
fn a_name_chosen_altogether_at_run_time_is_a_star() {
    let info = only("runtime_name");
    assert_eq!(info.name(), "*");
    assert_eq!(info.measurement_keys(), ["n"]);
    assert_eq!(metadata(info), ["k"]);
    assert!(info.may_emit("a") && info.may_emit("a.b.c"));
}

mod spans {
    use super::*;

    #[expect(dead_code, reason = "it is listed nevertheless")]
    pub(crate) fn never_called() {
        span!("catalogue.spans", { user: 1 }).finish();
    }
}

/// Name, kind, whether it is open, measurements, metadata.
type Row = (
    &'static str,
    EventKind,
    bool,
    Vec<&'static str>,
    Vec<&'static str>,
);

fn rows(module: &str) -> Vec<Row> {
    let row = |info: &'static CallsiteInfo| {
        (
            info.name(),
            info.kind(),
            info.is_open(),
            info.measurement_keys().to_vec(),
            metadata(info),
        )
    };
    listed(module).into_iter().map(row).collect()
}

fn three(names: [&'static str; 3], key: &'static str) -> [Row; 3] {
    let [exception, start, stop] = names;
    let end = vec!["duration", "monotonic_time"];
    [
        (
            exception,
            EventKind::SpanException,
            true,
            end.clone(),
            vec![key, "outcome", "kind", "reason"],
        ),
        (
            start,
            EventKind::SpanStart,
            false,
            vec!["monotonic_time", "system_time"],
            vec![key],
        ),
        (
            stop,
            EventKind::SpanStop,
            true,
            end,
            vec![key, "outcome", "reason"],
        ),
    ]
}

#[test]
fn a_span_is_listed_as_its_three_events() {
    let names = [
        "catalogue.spans.exception",
        "catalogue.spans.start",
        "catalogue.spans.stop",
    ];
    assert_eq!(rows("spans"), three(names, "user"));
    let lines: Vec<u32> = listed("spans").iter().map(|info| info.line()).collect();
    assert!(lines.iter().all(|line| *line == lines[0]), "{lines:?}");
}

mod runtime_spans {
    use super::*;

    #[expect(dead_code, reason = "it is listed nevertheless")]
    pub(crate) fn never_called(name: SpanName) {
        span!(name, { route: "/" }).finish();
    }
}

#[test]
fn a_span_whose_name_is_chosen_at_run_time_is_listed_by_its_three_ends() {
    let names = ["*.exception", "*.start", "*.stop"];
    assert_eq!(rows("runtime_spans"), three(names, "route"));
    assert!(listed("runtime_spans")[2].may_emit("shop.endpoint.stop"));
}

mod suffixed_spans {
    use super::*;

    #[expect(dead_code, reason = "it is listed nevertheless")]
    pub(crate) fn never_called(name: SpanName) {
        span!("*.mail.send" => name, { to: 3 }).finish();
    }
}

#[test]
fn a_span_whose_prefix_is_chosen_at_run_time_is_listed_by_what_its_names_end_with() {
    let names = [
        "*.mail.send.exception",
        "*.mail.send.start",
        "*.mail.send.stop",
    ];
    assert_eq!(rows("suffixed_spans"), three(names, "to"));
    let stop = listed("suffixed_spans")[2];
    assert!(stop.may_emit("shop.mail.send.stop") && stop.may_emit("a.b.mail.send.stop"));
    for other in ["mail.send.stop", "shop.mail.stop", "shop.e-mail.send.stop"] {
        assert!(!stop.may_emit(other), "{other}");
    }
}

mod suffixed_spans_with_parents {
    use super::*;

    #[expect(dead_code, reason = "it is listed nevertheless")]
    pub(crate) fn never_called(name: SpanName) {
        span!(parent: None, "*.alone" => name).finish();
        span!(parent: None, "*" => name).finish();
    }
}

#[test]
fn a_parent_makes_no_difference_to_what_is_listed() {
    let names = listed("suffixed_spans_with_parents")
        .into_iter()
        .map(CallsiteInfo::name);
    assert!(names.eq([
        "*.alone.exception",
        "*.alone.start",
        "*.alone.stop",
        "*.exception",
        "*.start",
        "*.stop",
    ]));
}

mod keys_of_the_spans_own {
    use super::*;

    #[expect(dead_code, reason = "it is listed nevertheless")]
    pub(crate) fn never_called() {
        span!("catalogue.own", { reason: "late", kind: "a", user: 1 }).finish();
        completion_span!("catalogue.own_query", { kind: "b" }).finish();
    }
}

#[test]
fn a_key_that_the_span_has_as_well_is_listed_once() {
    let keys: Vec<_> = listed("keys_of_the_spans_own")
        .into_iter()
        .map(|info| (info.name(), metadata(info)))
        .collect();
    assert_eq!(
        keys,
        [
            (
                "catalogue.own.exception",
                vec!["reason", "kind", "user", "outcome"]
            ),
            ("catalogue.own.start", vec!["reason", "kind", "user"]),
            (
                "catalogue.own.stop",
                vec!["reason", "kind", "user", "outcome"]
            ),
            ("catalogue.own_query", vec!["kind", "outcome", "reason"]),
        ]
    );
}

mod completion_spans {
    use super::*;

    #[expect(dead_code, reason = "it is listed nevertheless")]
    pub(crate) fn never_called(name: EventName) {
        completion_span!("catalogue.completion", { source: "users" }).finish();
        completion_span!("*.completion" => name).finish();
        completion_span!(name).finish();
    }
}

#[test]
fn a_completion_span_is_listed_as_its_one_event() {
    let row = |name, metadata: &[&'static str]| {
        (
            name,
            EventKind::SpanComplete,
            true,
            vec!["duration", "monotonic_time"],
            metadata.to_vec(),
        )
    };
    let own = ["outcome", "kind", "reason"];
    assert_eq!(
        rows("completion_spans"),
        [
            row("*", &own),
            row("*.completion", &own),
            row(
                "catalogue.completion",
                &["source", "outcome", "kind", "reason"]
            ),
        ]
    );
}

mod generic {
    use super::*;

    pub(crate) fn called<T: Display>(value: &T) {
        execute!("catalogue.generic.called", { n: 1 }, { value: telemetry::display(value) });
    }

    #[expect(dead_code, reason = "it is listed nevertheless")]
    pub(crate) fn never_called<T: Display>(value: &T) {
        execute!("catalogue.generic.never_called", { n: 1 }, { value: telemetry::display(value) });
    }
}

#[test]
fn generic_functions_are_listed_once_whatever_they_were_made_for() {
    generic::called(&1);
    generic::called(&"two");
    let names: Vec<_> = listed("generic").iter().map(|info| info.name()).collect();
    assert_eq!(
        names,
        ["catalogue.generic.called", "catalogue.generic.never_called"]
    );
    assert!(
        listed("generic")
            .iter()
            .all(|info| metadata(info) == ["value"])
    );
}

mod unreachable {
    use super::*;

    #[expect(dead_code, reason = "it is listed nevertheless")]
    pub(crate) fn never_called<const ON: bool>() {
        if ON {
            execute!("catalogue.unreachable.if_on");
        }
        #[cfg(any())]
        execute!("catalogue.unreachable.left_out");
    }
}

#[test]
fn code_that_cannot_be_reached_is_listed_but_not_code_that_is_not_compiled() {
    assert_eq!(only("unreachable").name(), "catalogue.unreachable.if_on");
}

#[test]
fn the_librarys_own_events_are_listed() {
    for event in [telemetry::HANDLER_FAILURE, telemetry::PROCESS_PANIC] {
        assert!(catalogue().any(|info| info.name() == event), "{event}");
    }
}

#[test]
fn it_is_in_the_order_of_names() {
    let all: Vec<_> = catalogue()
        .map(|info| (info.name(), info.file(), info.line()))
        .collect();
    assert!(all.is_sorted());
}

#[test]
fn what_the_linker_has_put_together_is_complete() {
    // Where it cannot, the tests of what was never called fail as well.
    assert!(catalogue_is_complete());
}
