//! Where we differ from the original, why, and what holds instead.

use super::*;

/// What holds here where a case of the original does not apply.
pub(super) enum Instead {
    /// It cannot be written: the program would not compile.
    NotExpressible,
    /// This holds.
    Holds(fn()),
}

use Instead::{Holds, NotExpressible};

/// Cases that are not run as they stand: the id, why not, and what holds instead.
pub(super) const DIFFERENT: &[(&str, &str, Instead)] = &[
    ("def-009", "a name is text, never nil", NotExpressible),
    (
        "def-010",
        "a name is text, not a list of atoms",
        NotExpressible,
    ),
    (
        "def-016",
        "a name is text, never an integer",
        NotExpressible,
    ),
    (
        "def-018",
        "names are ASCII, so that every reporter can show them; said when starting",
        Holds(|| {
            let found = problems([counter("métrique.événement.valeur")]);
            let name = "métrique.événement.valeur: Name(InvalidCharacter { at: 1 })";
            assert_eq!(found, [name]);
        }),
    ),
    (
        "def-033",
        "an empty list of events is a problem of its own, and so is an event without a name",
        Holds(|| {
            let metric = || counter("vectors.d033.latency");
            let found = problems([metric().events([""; 0])]);
            assert_eq!(found, ["vectors.d033.latency: EmptyEvents"]);
            let found = problems([metric().event("")]);
            assert_eq!(
                found,
                ["vectors.d033.latency: Event { event: \"\", error: Empty }"]
            );
        }),
    ),
    (
        "def-034",
        "atoms and strings are the same text here",
        Holds(|| {
            let aggregator = start([counter("my.metric").event(String::from("my.") + "event")]);
            assert_eq!(aggregator.definitions()[0].events(), ["my.event"]);
        }),
    ),
    (
        "def-039",
        "an event is text, never nil; leaving it out is not calling `event`",
        NotExpressible,
    ),
    (
        "def-054",
        "a measurement's key is text, never nil; the nearest, an empty one, is a problem",
        Holds(|| {
            let found = problems([sum("vectors.d054.x").measurement("")]);
            assert_eq!(found, ["vectors.d054.x: EmptyMeasurement"]);
        }),
    ),
    (
        "def-055",
        "closures have the number of arguments that they are called with",
        NotExpressible,
    ),
    (
        "def-057",
        "measurements are numbers by type; what is not there is skipped and counted",
        Holds(|| {
            let aggregator = start([sum("vectors.d057.latency")]);
            execute!("vectors.d057", { latency: None::<u64> }, { latency: "x" });
            assert_eq!(
                skipped(
                    &aggregator.snapshot(),
                    "vectors.d057.latency",
                    Skip::Missing
                ),
                1
            );
        }),
    ),
    ("def-063", "tags are a list by type", NotExpressible),
    (
        "def-065",
        "the keys of tags are fixed, so that series have one shape; their values are computed by \
         `tag_values`",
        Holds(|| {
            let aggregator =
                start([counter("vectors.d065.c")
                    .tags(["x"])
                    .tag_values(|event, tags| {
                        tags.set("x", event.metadata("x"));
                        tags.set("y", event.metadata("y"));
                    })]);
            execute!("vectors.d065", {}, { x: 1, y: 2 });
            assert_eq!(
                counter_counts(&aggregator, "vectors.d065.c"),
                owned(&[("x=1", 1)])
            );
        }),
    ),
    ("def-066", "tags are a list by type", NotExpressible),
    (
        "def-068",
        "a tag listed twice is a problem",
        Holds(|| {
            let found = problems([counter("vectors.d068.c").tags(["x", "x"])]);
            assert_eq!(found, ["vectors.d068.c: DuplicateTag(\"x\")"]);
        }),
    ),
    (
        "def-069",
        "keys of tags are text by type, and the empty one is a problem",
        Holds(|| {
            let found = problems([counter("vectors.d069.c").tags(["", "x"])]);
            assert_eq!(found, ["vectors.d069.c: EmptyTag"]);
        }),
    ),
    (
        "def-071",
        "computed values are seen through the tags that are listed, and only there",
        Holds(|| {
            let computed = |metric: Metric| metric.tag_values(|_, tags| tags.set("k", "v"));
            let aggregator = start([
                computed(counter("vectors.d071.listed")).tags(["k"]),
                computed(counter("vectors.d071.not_listed")),
            ]);
            execute!("vectors.d071", {}, { z: 1 });
            let of = |name| counter_counts(&aggregator, name);
            assert_eq!(of("vectors.d071.listed"), owned(&[("k=v", 1)]));
            assert_eq!(of("vectors.d071.not_listed"), owned(&[("", 1)]));
        }),
    ),
    (
        "def-072",
        "`tag_values` takes a closure by type",
        NotExpressible,
    ),
    (
        "def-074",
        "`tag_values` takes a closure by type, never nil",
        NotExpressible,
    ),
    (
        "def-082",
        "an empty description is none, so that HELP is never empty",
        Holds(|| {
            for empty in ["", " \n"] {
                let aggregator = start([counter("vectors.d082.c").description(empty)]);
                assert_eq!(aggregator.definitions()[0].description(), None);
            }
        }),
    ),
    ("def-083", "a description is UTF-8 by type", NotExpressible),
    (
        "def-096",
        "closures have the number of arguments that they are called with",
        NotExpressible,
    ),
    ("def-097", "`keep` takes a closure by type", NotExpressible),
    ("def-103", "units are an enum", NotExpressible),
    (
        "def-104",
        "units are an enum, so there is no nil; no unit is `One`",
        Holds(|| {
            let aggregator = start([sum("vectors.d104.c").unit(Unit::One)]);
            assert_eq!(aggregator.definitions()[0].unit(), Unit::One);
        }),
    ),
    (
        "def-109",
        "minutes are known here",
        Holds(|| {
            let minutes = (Unit::Nanosecond, Unit::Minute);
            let aggregator = start([last_value("vectors.d109.n").unit(minutes)]);
            execute!("vectors.d109", { n: 90_000_000_000u64 });
            let snapshot = aggregator.snapshot();
            let amount = amount_of(snapshot.find("vectors.d109.n", &[])).unwrap();
            assert_eq!(amount.in_unit(Unit::Minute), 1.5);
        }),
    ),
    (
        "def-110",
        "gigabytes are known here",
        Holds(|| {
            let aggregator =
                start([last_value("vectors.d110.n").unit((Unit::Byte, Unit::Gigabyte))]);
            execute!("vectors.d110", { n: 1_500_000_000u64 });
            let snapshot = aggregator.snapshot();
            let amount = amount_of(snapshot.find("vectors.d110.n", &[])).unwrap();
            assert_eq!(amount.in_unit(Unit::Gigabyte), 1.5);
        }),
    ),
    (
        "def-131",
        "options are pairs of text by type",
        NotExpressible,
    ),
    (
        "def-133",
        "options are methods, so a misspelt one does not compile",
        NotExpressible,
    ),
    (
        "def-134",
        "options are pairs of text by type, never nil",
        NotExpressible,
    ),
];
