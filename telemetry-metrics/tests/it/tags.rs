//! Tags: a series is identified by the text of its tags, and by nothing else.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use telemetry::{any, debug, display, execute};
use telemetry_metrics::{Aggregator, Kind, MAX_TAG_LEN, Needs, counter, distribution, sum};

use crate::support::*;

#[test]
fn absent_empty_and_none_are_the_same_series() {
    let aggregator = start([counter("tags.absent.count").tags(["a", "b"])]);
    execute!("tags.absent", {}, { a: "x" });
    execute!("tags.absent", {}, { a: "x", b: "" });
    execute!("tags.absent", {}, { a: "x", b: None::<&str> });
    execute!("tags.absent", {}, { a: "x", b: display(&"") });
    execute!("tags.absent", {}, { b: "x" });
    execute!("tags.absent");
    let snapshot = aggregator.snapshot();
    assert_eq!(
        counts(&snapshot, Kind::Counter, "tags.absent.count"),
        owned(&[("", 1), ("a=x", 4), ("b=x", 1)])
    );
    assert_eq!(
        own(
            &snapshot,
            "telemetry.metric.tags_missing",
            &[("metric", "tags.absent.count")]
        ),
        6
    );
    assert_eq!(
        own(
            &snapshot,
            "telemetry.metric.series",
            &[("metric", "tags.absent.count")]
        ),
        3
    );
}

#[test]
fn a_missing_tag_is_counted_and_a_present_one_is_not() {
    let aggregator = start([counter("tags.missing.count").tags(["a"])]);
    let missing = |aggregator: &Aggregator| {
        let tags = [("metric", "tags.missing.count")];
        own(
            &aggregator.snapshot(),
            "telemetry.metric.tags_missing",
            &tags,
        )
    };
    execute!("tags.missing", {}, { a: 0 });
    execute!("tags.missing", {}, { a: " " });
    assert_eq!(missing(&aggregator), 0);
    execute!("tags.missing", {}, { b: 1 });
    assert_eq!(missing(&aggregator), 1);
}

#[test]
fn a_metric_that_did_not_count_the_event_misses_no_tag() {
    let aggregator = start_unchecked([
        counter("tags.blame.kept").tags(["a"]),
        counter("tags.blame.left_out").tags(["a"]).keep(|_| false),
    ]);
    execute!("tags.blame");
    let snapshot = aggregator.snapshot();
    let missing = |metric| {
        own(
            &snapshot,
            "telemetry.metric.tags_missing",
            &[("metric", metric)],
        )
    };
    assert_eq!(missing("tags.blame.kept"), 1);
    assert_eq!(missing("tags.blame.left_out"), 0);
}

#[test]
fn identity_is_the_text_whatever_the_type() {
    let aggregator = start([counter("tags.text.count").tags(["status"])]);
    execute!("tags.text", {}, { status: 200 });
    execute!("tags.text", {}, { status: 200u64 });
    execute!("tags.text", {}, { status: 200u8 });
    execute!("tags.text", {}, { status: 200.0 });
    execute!("tags.text", {}, { status: "200" });
    execute!("tags.text", {}, { status: String::from("200") });
    execute!("tags.text", {}, { status: Cow::Borrowed("200") });
    execute!("tags.text", {}, { status: Arc::<str>::from("200") });
    execute!("tags.text", {}, { status: Some("200") });
    execute!("tags.text", {}, { status: display(&200) });
    execute!("tags.text", {}, { status: debug(&200) });
    execute!("tags.text", {}, { status: any(&200) });
    execute!("tags.text", {}, { status: "0200" });
    execute!("tags.text", {}, { status: true });
    execute!("tags.text", {}, { status: "true" });
    execute!("tags.text", {}, { status: 'ü' });
    execute!("tags.text", {}, { status: "ü" });
    assert_eq!(
        counter_counts(&aggregator, "tags.text.count"),
        owned(&[
            ("status=0200", 1),
            ("status=200", 12),
            ("status=true", 2),
            ("status=ü", 2)
        ])
    );
}

#[test]
fn texts_do_not_run_into_each_other() {
    let aggregator = start([counter("tags.apart.count").tags(["a", "b"])]);
    for (a, b) in [
        ("x", "yz"),
        ("xy", "z"),
        ("xyz", ""),
        ("", "xyz"),
        ("x\u{ff}", "y"),
        ("x", "\u{ff}y"),
        ("\0", ""),
        ("", "\0"),
    ] {
        execute!("tags.apart", {}, { a, b });
    }
    let counted = counter_counts(&aggregator, "tags.apart.count");
    assert_eq!(counted.len(), 8);
    assert!(counted.iter().all(|(_, count)| *count == 1), "{counted:?}");
}

#[test]
fn order_of_metadata_and_of_tags_does_not_matter() {
    let aggregator = start([
        counter("tags.order.count").tags(["a", "b"]),
        counter("tags.order.other").tags(["b", "a"]),
    ]);
    execute!("tags.order", {}, { a: 1, b: 2 });
    execute!("tags.order", {}, { b: 2, c: 3, a: 1 });
    assert_eq!(
        counter_counts(&aggregator, "tags.order.count"),
        owned(&[("a=1,b=2", 2)])
    );
    assert_eq!(
        counter_counts(&aggregator, "tags.order.other"),
        owned(&[("b=2,a=1", 2)])
    );
    let snapshot = aggregator.snapshot();
    for tags in [[("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")]] {
        assert!(snapshot.find("tags.order.count", &tags).is_some());
    }
    assert!(snapshot.find("tags.order.count", &[("a", "1")]).is_none());
}

/// Prints its text in pieces, as most `Display`s do.
struct Pieces<'t>(&'t str);

impl fmt::Display for Pieces<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|one| write!(f, "{one}"))
    }
}

#[test]
fn a_long_text_is_cut_after_a_kibibyte_between_characters() {
    let aggregator = start([
        counter("tags.cut.count").tags(["long"]),
        counter("tags.cut.computed")
            .tags(["long"])
            .tag_values(|event, tags| {
                tags.set("long", event.metadata("text"));
            }),
    ]);
    let texts = |aggregator: &Aggregator, name: &str| -> Vec<String> {
        let snapshot = aggregator.snapshot();
        let series = &family(&snapshot, Kind::Counter, name).series;
        series
            .iter()
            .map(|series| series.tags[0].to_string())
            .collect()
    };
    // How long the text is, and how much of it is left: characters of one to four bytes, so that
    // the limit falls on each of their bytes.
    let mut expected = Vec::new();
    for (start, one, left) in [
        ("", "a", 1024),
        ("", "ü", 1024),
        ("a", "ü", 1023),
        ("", "€", 1023),
        ("aa", "€", 1022),
        ("b", "€", 1024),
        ("c", "🦀", 1021),
        ("cc", "🦀", 1022),
        ("ccc", "🦀", 1023),
        ("", "🦀", 1024),
    ] {
        let exact = start.to_owned() + &one.repeat((left - start.len()) / one.len());
        assert_eq!(exact.len(), left);
        let long = exact.clone() + &one.repeat(300);
        execute!("tags.cut", {}, { long, text: long });
        execute!("tags.cut", {}, { long: display(&Pieces(&long)), text: display(&Pieces(&long)) });
        execute!("tags.cut", {}, { long: exact, text: exact });
        expected.push(exact);
    }
    assert_eq!(texts(&aggregator, "tags.cut.count"), expected);
    assert_eq!(texts(&aggregator, "tags.cut.computed"), expected);
    assert!(
        counter_counts(&aggregator, "tags.cut.count")
            .iter()
            .all(|(_, count)| *count == 3)
    );
    assert_eq!(MAX_TAG_LEN, 1024);
}

/// A `Display` that gives up half-way.
struct HalfWay;

impl fmt::Display for HalfWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        Err(fmt::Error)
    }
}

#[test]
fn a_display_that_gives_up_leaves_what_it_had_written() {
    let aggregator = start([
        counter("tags.half.count").tags(["who"]),
        counter("tags.half.computed")
            .tags(["who"])
            .tag_values(|event, tags| {
                tags.set("who", event.metadata("who"));
            }),
    ]);
    execute!("tags.half", {}, { who: display(&HalfWay) });
    assert_eq!(
        counter_counts(&aggregator, "tags.half.count"),
        owned(&[("who=half", 1)])
    );
    assert_eq!(
        counter_counts(&aggregator, "tags.half.computed"),
        owned(&[("who=half", 1)])
    );
}

/// A `Display` of a mebibyte; counts how many of its kibibytes were wanted.
struct Endless(std::cell::Cell<usize>);

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for _ in 0..1024 {
            f.write_str(&"x".repeat(1024))?;
            self.0.set(self.0.get() + 1);
        }
        Ok(())
    }
}

#[test]
fn a_text_is_not_written_beyond_the_limit() {
    let aggregator = start([counter("tags.endless.count").tags(["who"])]);
    let endless = Endless(0.into());
    execute!("tags.endless", {}, { who: display(&endless) });
    assert_eq!(counter_counts(&aggregator, "tags.endless.count")[0].1, 1);
    assert!(
        endless.0.get() <= 2,
        "{} kibibytes were written",
        endless.0.get()
    );
}

#[test]
fn tag_values_come_before_metadata_and_only_where_they_are_set() {
    let aggregator = start([
        counter("tags.values.count")
            .tags(["class", "route", "gone"])
            .tag_values(|event, tags| {
                let status = event
                    .metadata("status")
                    .and_then(telemetry::Value::as_u64)
                    .unwrap_or(0);
                tags.set("class", format!("{}xx", status / 100));
                tags.set("gone", None::<&str>);
                tags.set("not a tag", "left out");
                if status == 500 {
                    tags.set("route", "first");
                    tags.set("route", "second");
                }
            }),
        counter("tags.values.plain").tags(["class", "route", "gone"]),
    ]);
    execute!("tags.values", {}, { class: "meta", route: "/", gone: "here", status: 404 });
    execute!("tags.values", {}, { class: "meta", route: "/", gone: "here", status: 500 });
    assert_eq!(
        counter_counts(&aggregator, "tags.values.count"),
        owned(&[("class=4xx,route=/", 1), ("class=5xx,route=second", 1)])
    );
    assert_eq!(
        counter_counts(&aggregator, "tags.values.plain"),
        owned(&[("class=meta,route=/,gone=here", 2)])
    );
}

#[test]
fn tag_values_of_two_metrics_do_not_mix() {
    let computed = |name: &str, text: &'static str| {
        counter(name)
            .tags(["k"])
            .tag_values(move |_, tags| tags.set("k", text))
    };
    let aggregator = start([
        computed("tags.mix.one", "1"),
        computed("tags.mix.two", "2"),
        counter("tags.mix.three").tags(["k"]).tag_values(|_, _| {}),
    ]);
    execute!("tags.mix", {}, { k: "meta" });
    for (name, text) in [
        ("tags.mix.one", "k=1"),
        ("tags.mix.two", "k=2"),
        ("tags.mix.three", "k=meta"),
    ] {
        assert_eq!(counter_counts(&aggregator, name), owned(&[(text, 1)]));
    }
}

#[test]
fn constant_tags_stand_beside_the_series_and_do_not_identify_it() {
    let aggregator = Aggregator::builder()
        .constant_tag("env", "prod")
        .constant_tag("region", "eu")
        .metrics([counter("tags.constant.count").tags(["k"])])
        .start()
        .unwrap();
    let constant = [("env", "prod"), ("region", "eu")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    execute!("tags.constant", {}, { k: "a", env: "test" });
    assert_eq!(aggregator.constant_tags(), constant);
    assert_eq!(aggregator.snapshot().constant_tags, constant);
    assert_eq!(aggregator.reader(Needs::Totals).constant_tags(), constant);
    assert_eq!(
        counter_counts(&aggregator, "tags.constant.count"),
        owned(&[("k=a", 1)])
    );
}

#[test]
fn metrics_with_other_tags_or_limits_have_series_of_their_own() {
    let aggregator = start([
        counter("tags.groups.none"),
        counter("tags.groups.a").tags(["a"]),
        sum("tags.groups.n").tags(["a"]),
        distribution("tags.groups.run_time").tags(["a", "b"]),
        counter("tags.groups.limited").tags(["a"]).max_series(1),
    ]);
    for n in 0..6u64 {
        execute!("tags.groups", { n, run_time: millis(n) }, { a: n % 2, b: n % 3 });
    }
    let snapshot = aggregator.snapshot();
    let of = |kind, name| counts(&snapshot, kind, name);
    assert_eq!(of(Kind::Counter, "tags.groups.none"), owned(&[("", 6)]));
    assert_eq!(
        of(Kind::Counter, "tags.groups.a"),
        owned(&[("a=0", 3), ("a=1", 3)])
    );
    assert_eq!(
        of(Kind::Counter, "tags.groups.limited"),
        owned(&[("a=0", 3), ("overflow", 3)])
    );
    assert_eq!(of(Kind::Distribution, "tags.groups.run_time").len(), 6);
    let sums: Vec<_> = family(&snapshot, Kind::Sum, "tags.groups.n")
        .series
        .iter()
        .map(|series| amount_of(Some(&series.data)).unwrap().as_f64())
        .collect();
    assert_eq!(sums, [6.0, 9.0]);
}
