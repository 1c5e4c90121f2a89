//! Events as readable lines.

use std::time::Duration;

use telemetry::{SpanContext, execute, span};
use telemetry_console::{Colours, Console, EventsBuilder};
use telemetry_metrics::Unit;

use crate::support::Caught;

fn console(pattern: &str) -> (EventsBuilder, Caught) {
    let caught = Caught::default();
    let builder = Console::events()
        .only([pattern])
        .output(caught.clone())
        .environment(|_| None)
        .time(false);
    (builder, caught)
}

#[test]
fn an_event_is_one_line_with_units_that_read_well() {
    let (builder, caught) = console("line.units.*");
    let console = builder
        .unit("line.units.memory.total", Unit::Byte)
        .start()
        .unwrap();
    let duration = Duration::from_micros(1_204);
    execute!("line.units.stop", { duration, bytes: 3_400, items: 3, share: 0.25 }, { route: "/cart", user: "Ada L." });
    execute!("line.units.memory", { total: 24_100_000u64 });
    execute!("line.units.bare");
    assert_eq!(
        caught.lines(),
        [
            r#"line.units.stop duration=1.2ms bytes=3.4kB items=3 share=0.25 route=/cart user="Ada L.""#,
            "line.units.memory total=24.1MB",
            "line.units.bare",
        ]
    );
    assert_eq!(console.stats().written, 3);
}

#[test]
fn a_line_begins_with_the_time_unless_told_otherwise() {
    let (builder, caught) = console("line.time");
    let _console = builder.time(true).start().unwrap();
    execute!("line.time");
    let text = caught.text();
    let (time, rest) = text.split_once(' ').unwrap();
    assert_eq!(rest, "line.time\n");
    assert_eq!(
        (time.len(), &time[..2], &time[10..11], &time[19..20]),
        (24, "20", "T", ".")
    );
    assert!(time.ends_with('Z'));
}

#[test]
fn what_is_emitted_in_a_span_has_its_trace_id_and_no_clocks() {
    let (builder, caught) = console("line.span.*");
    let _console = builder.start().unwrap();
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let parent: SpanContext = parent.parse().unwrap();
    parent.in_scope(|| {
        span!("line.span.work", { table: "items" }).in_scope(|| execute!("line.span.inside"));
    });
    let lines = caught.lines();
    let trace = " trace_id=0af7651916cd43dd8448eb211c80319c";
    assert_eq!(lines[0], format!("line.span.work.start table=items{trace}"));
    assert_eq!(lines[1], format!("line.span.inside{trace}"));
    assert!(
        lines[2].starts_with("line.span.work.stop duration="),
        "{}",
        lines[2]
    );
    assert!(
        lines[2].ends_with(&format!(" table=items outcome=ok{trace}")),
        "{}",
        lines[2]
    );
    assert!(!caught.text().contains("_time="));
}

#[test]
fn colours_tell_names_from_keys_and_failures_from_the_rest() {
    let (builder, caught) = console("line.colour.*");
    let _console = builder.colours(Colours::Always).start().unwrap();
    execute!("line.colour.a", { n: 1 });
    let _ = std::panic::catch_unwind(|| span!("line.colour.b").in_scope(|| panic!("on purpose")));
    span!("line.colour.c").in_scope(|| {});
    drop(span!("line.colour.d"));
    let text = caught.text();
    assert!(
        text.contains("\u{1b}[1;36mline.colour.a\u{1b}[0m \u{1b}[2mn=\u{1b}[0m1\n"),
        "{text:?}"
    );
    assert!(
        text.contains("\u{1b}[1;31mline.colour.b.exception\u{1b}[0m"),
        "{text:?}"
    );
    assert!(
        text.contains("\u{1b}[1;36mline.colour.c.stop\u{1b}[0m"),
        "{text:?}"
    );
    assert!(
        text.contains("\u{1b}[1;33mline.colour.d.stop\u{1b}[0m"),
        "{text:?}"
    );
}

#[test]
fn an_output_that_is_no_terminal_has_colours_only_if_the_environment_forces_them() {
    for (force, is_coloured) in [(None, false), (Some("1"), true), (Some("0"), false)] {
        let (builder, caught) = console("line.forced");
        let _console = builder
            .environment(move |name| {
                (name == "CLICOLOR_FORCE").then(|| force.map(str::to_owned))?
            })
            .start()
            .unwrap();
        execute!("line.forced");
        assert_eq!(caught.text().contains('\u{1b}'), is_coloured, "{force:?}");
    }
}

#[test]
fn what_is_left_out_is_not_shown() {
    let (builder, caught) = console("line.except.*");
    let _console = builder
        .except(["line.except.vm.*", "line.except.b"])
        .start()
        .unwrap();
    execute!("line.except.a");
    execute!("line.except.b");
    execute!("line.except.vm.memory");
    assert_eq!(caught.lines(), ["line.except.a"]);
}

#[test]
fn two_consoles_show_the_same_event_and_stop_on_their_own() {
    let (one, caught_one) = console("line.two");
    let (two, caught_two) = console("line.two");
    let (one, two) = (one.start().unwrap(), two.start().unwrap());
    execute!("line.two");
    drop(one);
    execute!("line.two");
    assert_eq!((caught_one.lines().len(), caught_two.lines().len()), (1, 2));
    assert_eq!(two.stats().written, 2);
}

#[test]
fn an_absent_value_and_other_kinds_of_values_are_shown_as_they_are() {
    let (builder, caught) = console("line.values");
    let _console = builder.start().unwrap();
    let wait = Duration::from_millis(20);
    let host = std::net::Ipv4Addr::LOCALHOST;
    execute!("line.values", { a: None::<u8>, b: u64::MAX, c: f64::NAN }, {
        none: None::<&str>, ok: true, c: 'x', wait, x: 0.5, i: -1,
        host: telemetry::display(&host), list: telemetry::debug(&["a"]), empty: "",
    });
    assert_eq!(
        caught.lines(),
        [
            r#"line.values b=18446744073709551615 c=NaN ok=true c=x wait=20ms x=0.5 i=-1 host=127.0.0.1 list="[\"a\"]" empty="""#
        ]
    );
}
