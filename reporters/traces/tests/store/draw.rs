//! How a trace looks.

use telemetry::span;

use crate::support::{patient, remote, start, trace_of};

/// Durations and bars differ from run to run.
fn steady(text: &str) -> Vec<String> {
    let line = |line: &str| match line.split_once('|') {
        Some((label, rest)) => {
            let (_, end) = rest.split_once('|').unwrap();
            let outcome = end.split_whitespace().nth(1).unwrap_or("ok");
            format!("{} {outcome}", label.trim_end())
        }
        None => line.to_owned(),
    };
    text.lines().skip(1).map(line).collect()
}

#[test]
fn a_line_says_which_span_it_is_when_it_ran_and_how_it_ended() {
    let traces = start(patient());
    let root = span!("store.request", { method: "GET", route: "/cart" });
    let id = trace_of(&root);
    root.context().unwrap().in_scope(|| {
        span!("store.query", { source: "carts" }).finish();
        let query = span!("store.query", { source: "items" });
        query.fail("timed out");
        query.finish();
        drop(span!("store.lost"));
    });
    root.finish();
    let trace = traces.get(id).unwrap();
    let text = trace.to_string();
    assert!(text.starts_with(&format!("trace {id}  ")));
    assert!(text.lines().next().unwrap().ends_with("  4 spans  failed"));
    assert_eq!(
        steady(&text),
        [
            "store.request method=GET route=/cart ok",
            "  store.query source=carts ok",
            "  store.query reason=\"timed out\" source=items error",
            "  store.lost cancelled",
        ]
    );
    // The root's bar is as long as there is room, and starts where all bars start.
    let root = text.lines().nth(1).unwrap();
    let bar = root.split('|').nth(1).unwrap();
    assert!(
        bar.chars().all(|c| c == '█') && bar.chars().count() > 20,
        "{bar}"
    );
    let places: Vec<_> = text.lines().skip(1).map(|line| line.find('|')).collect();
    assert!(places.iter().all(|place| *place == places[0]), "{text}");
}

#[test]
fn no_line_is_wider_than_was_asked_for() {
    let traces = start(patient());
    let root = span!("store.request", { text: "世界".repeat(200) });
    let id = trace_of(&root);
    let mut spans = vec![root];
    for _ in 0..50 {
        let above = spans.last().unwrap().context();
        let span = span!(parent: above, "store.with.a.rather.long.name", { x: "y".repeat(300) });
        span.fail("no luck");
        spans.push(span);
    }
    spans.into_iter().rev().for_each(telemetry::Span::finish);
    let trace = traces.get(id).unwrap();
    for width in [0, 60, 100, 140, 10_000] {
        let text = format!("{trace:width$}");
        let widest = text.lines().map(|line| {
            let wide = line.chars().filter(|c| "世界".contains(*c)).count();
            line.chars().count() + wide
        });
        let widest = widest.max().unwrap();
        assert!(widest <= width.clamp(80, 400), "{width}: {widest}\n{text}");
    }
}

#[test]
fn no_text_can_forge_a_line_or_repaint_the_terminal() {
    let traces = start(patient());
    let evil = "x\r\n  store.forged ok\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}\u{2028}\u{200b}";
    let span = span!("store.hostile", { evil, "k\n\u{1b}[2J": "v" });
    let id = trace_of(&span);
    span.fail(evil);
    span.finish();
    let text = format!("{:400}", traces.get(id).unwrap());
    assert_eq!(text.lines().count(), 2, "{text}");
    let line = text.lines().nth(1).unwrap();
    assert!(
        !line
            .chars()
            .any(|c| c.is_control() || "\u{202e}\u{2028}\u{200b}".contains(c))
    );
    assert!(
        line.contains("evil=\"x\\r\\n  store.forged ok\\u{1b}]0;owned"),
        "{line}"
    );
}

#[test]
fn no_value_can_pretend_to_be_another_one() {
    let traces = start(patient());
    let span = span!("store.quoted", { a: "x status=200", b: "say \"no\"", c: "", d: "/cart" });
    let id = trace_of(&span);
    span.finish();
    let text = format!("{:200}", traces.get(id).unwrap());
    let expected = r#"a="x status=200" b="say \"no\"" c="" d=/cart |"#;
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_span_that_is_not_here_and_one_elsewhere_are_named() {
    let traces = start(patient());
    let root = span!(parent: remote(0xabc, 0x77, true), "store.reply");
    let id = trace_of(&root);
    let missing = root.context().unwrap().span_id();
    span!(parent: &root, "store.query").finish();
    let text = traces.get(id).unwrap().to_string();
    assert_eq!(
        steady(&text),
        [
            format!("({missing} is not here)"),
            "  store.query ok".into()
        ]
    );
    root.finish();
    let text = traces.get(id).unwrap().to_string();
    assert_eq!(
        steady(&text),
        [
            "store.reply ok",
            "  (below 0000000000000077 elsewhere)",
            "  store.query ok"
        ]
    );
}

#[test]
fn very_many_rows_are_counted() {
    let traces = start(patient());
    let root = span!("store.root");
    let id = trace_of(&root);
    (0..600).for_each(|_| span!(parent: &root, "store.item").finish());
    root.finish();
    let text = traces.get(id).unwrap().to_string();
    assert_eq!(text.lines().count(), 1 + 500 + 1);
    assert!(text.ends_with("… and 101 more rows"));
}
