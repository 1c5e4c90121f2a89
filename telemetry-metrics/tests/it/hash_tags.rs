//! Tags that are hashed into a fixed number of values.

use std::collections::{BTreeSet, HashMap};

use telemetry::{display, execute};
use telemetry_metrics::{Aggregator, Kind, MAX_TAG_LEN, Needs, counter, sum};

use crate::support::*;

/// FNV-1a with 64 bits, and the remainder.
fn expected(text: &str, buckets: u64) -> String {
    let mut hash = 14_695_981_039_346_656_037_u64;
    for byte in text.bytes() {
        hash ^= u64::from(byte);
        hash = hash.wrapping_mul(1_099_511_628_211);
    }
    (hash % buckets).to_string()
}

#[test]
fn every_value_becomes_a_number_below_the_limit_and_all_numbers_occur() {
    let aggregator = start([counter("hash.range.count").hash_tag("user", 16)]);
    for user in 0..2_000 {
        execute!("hash.range", {}, { user: format!("user-{user}") });
    }
    let snapshot = aggregator.snapshot();
    let family = family(&snapshot, Kind::Counter, "hash.range.count");
    assert_eq!(family.definition.tags(), ["user"]);
    let numbers: BTreeSet<u32> = family
        .series
        .iter()
        .map(|series| series.tags[0].parse().expect("a number"))
        .collect();
    assert_eq!(numbers, (0..16).collect());
    assert_eq!(
        total_count(&snapshot, Kind::Counter, "hash.range.count"),
        2_000
    );
    // Evenly enough: 125 each.
    for series in &family.series {
        let count = count_of(&series.data);
        assert!((60..=190).contains(&count), "{count}");
    }
}

#[test]
fn the_number_is_the_same_in_every_process_and_for_every_type_of_value() {
    let aggregator = start([counter("hash.same.count").hash_tag("v", 1_000)]);
    let mut counts: HashMap<String, u64> = HashMap::new();
    for text in ["ada@example.org", "ü", "404", "-5", "true", "1.5", " "] {
        execute!("hash.same", {}, { v: text });
        *counts
            .entry(format!("v={}", expected(text, 1_000)))
            .or_default() += 1;
    }
    // As the texts above.
    execute!("hash.same", {}, { v: 404 });
    execute!("hash.same", {}, { v: -5 });
    execute!("hash.same", {}, { v: true });
    execute!("hash.same", {}, { v: 1.5 });
    execute!("hash.same", {}, { v: display(&"ü") });
    for text in ["404", "-5", "true", "1.5", "ü"] {
        *counts
            .get_mut(&format!("v={}", expected(text, 1_000)))
            .unwrap() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort();
    assert_eq!(counter_counts(&aggregator, "hash.same.count"), counts);
    // Written out once, so that the hash cannot change unnoticed.
    assert_eq!(expected("ada@example.org", 16), "13");
    assert_eq!(expected("", u64::MAX), "14695981039346656037");
}

#[test]
fn an_absent_tag_stays_absent_and_is_counted_as_missing() {
    let aggregator = start([counter("hash.absent.count").tags(["k"]).hash_tag("user", 4)]);
    let user = |user: Option<&str>| execute!("hash.absent", {}, { k: "a", user });
    user(None);
    user(Some(""));
    execute!("hash.absent", {}, { k: "a" });
    user(Some("someone"));
    let someone = format!("k=a,user={}", expected("someone", 4));
    assert_eq!(
        counter_counts(&aggregator, "hash.absent.count"),
        owned(&[("k=a", 3), (&someone, 1)])
    );
    let missing = [("metric", "hash.absent.count")];
    let snapshot = aggregator.snapshot();
    assert_eq!(own(&snapshot, "telemetry.metric.tags_missing", &missing), 3);
}

#[test]
fn plain_tags_come_first_whatever_the_order_and_one_value_is_enough() {
    let aggregator = start([counter("hash.order.count")
        .hash_tag("b", 1)
        .tags(["a"])
        .hash_tag("c", u32::MAX)]);
    let mut reader = aggregator.reader(Needs::Totals);
    execute!("hash.order", {}, { a: "x", b: "y", c: "z" });
    let tags = format!("a=x,b=0,c={}", expected("z", u64::from(u32::MAX)));
    assert_eq!(
        counter_counts(&aggregator, "hash.order.count"),
        [(tags.clone(), 1)]
    );
    assert_eq!(scan(&mut reader)[0].tags, tags);
    assert_eq!(aggregator.definitions()[0].tags(), ["a", "b", "c"]);
}

#[test]
fn hashed_and_shown_tags_of_one_event_do_not_meet() {
    let aggregator = start([
        counter("hash.both.count").tags(["k"]),
        sum("hash.both.n").hash_tag("k", 3),
        sum("hash.both.m").hash_tag("k", 300),
    ]);
    for k in ["one", "two"] {
        execute!("hash.both", { n: 1, m: 1 }, { k });
    }
    let snapshot = aggregator.snapshot();
    assert_eq!(
        counts(&snapshot, Kind::Counter, "hash.both.count"),
        owned(&[("k=one", 1), ("k=two", 1)])
    );
    for (name, buckets) in [("hash.both.n", 3), ("hash.both.m", 300)] {
        let family = family(&snapshot, Kind::Sum, name);
        let labels: BTreeSet<_> = family.series.iter().map(|one| label(family, one)).collect();
        let expected = ["one", "two"].map(|k| format!("k={}", expected(k, buckets)));
        assert_eq!(labels, BTreeSet::from(expected), "{name}");
    }
}

#[test]
fn what_a_definition_computes_is_hashed_too_and_long_values_by_what_is_kept_of_them() {
    let aggregator = start([
        counter("hash.computed.count")
            .hash_tag("user", 64)
            .tag_values(|event, tags| {
                let user = event.metadata("user");
                let user = user.and_then(|user| user.as_str().map(str::to_lowercase));
                tags.set("user", user);
            }),
        counter("hash.computed.long").hash_tag("long", 1_000_000),
    ]);
    let long = "x".repeat(MAX_TAG_LEN);
    for end in ["", "a", "b"] {
        execute!("hash.computed", {}, { user: "ADA", long: format!("{long}{end}") });
    }
    let ada = format!("user={}", expected("ada", 64));
    assert_eq!(
        counter_counts(&aggregator, "hash.computed.count"),
        [(ada, 3)]
    );
    let long = format!("long={}", expected(&long, 1_000_000));
    assert_eq!(
        counter_counts(&aggregator, "hash.computed.long"),
        [(long, 3)]
    );
}

#[test]
fn a_value_that_panics_is_skipped_as_it_is_without_the_hash() {
    let aggregator = start([counter("hash.panics.count").hash_tag("k", 8)]);
    execute!("hash.panics", {}, { k: display(&Bomb) });
    execute!("hash.panics", {}, { k: "fine" });
    let snapshot = aggregator.snapshot();
    assert_eq!(
        total_count(&snapshot, Kind::Counter, "hash.panics.count"),
        1
    );
    assert_eq!(all_skipped(&snapshot, "hash.panics.count"), 1);
}

#[test]
fn wrong_definitions_are_reported_all_at_once() {
    assert_eq!(
        problems([
            counter("hash.wrong.none").hash_tag("k", 0),
            counter("hash.wrong.empty").hash_tag("", 3),
            counter("hash.wrong.twice").tags(["k"]).hash_tag("k", 3),
            counter("hash.wrong.again")
                .hash_tag("k", 3)
                .hash_tag("k", 4),
        ]),
        [
            "hash.wrong.none: NoHashBuckets(\"k\")",
            "hash.wrong.empty: EmptyTag",
            "hash.wrong.twice: DuplicateTag(\"k\")",
            "hash.wrong.again: DuplicateTag(\"k\")",
        ]
    );
    let constant = Aggregator::builder()
        .metrics([counter("hash.wrong.constant").hash_tag("k", 3)])
        .constant_tag("k", "v")
        .start();
    let text = constant.unwrap_err().to_string();
    assert!(
        text.contains("hash.wrong.constant") && text.contains("`k`"),
        "{text}"
    );
}
