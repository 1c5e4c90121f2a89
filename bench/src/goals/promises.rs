//! Promises that are not ratios: numbers, differences, bytes.

/// Numbers that were promised of one case.
pub enum Most {
    /// Instructions per call, with the loop.
    Instructions(f64),
    /// Heap allocations per call.
    Allocations(f64),
}

/// Id of the case, and what it may cost.
pub const NUMBERS: &[(&str, Most)] = &[
    ("event.ours.none.literal", Most::Instructions(6.0)),
    ("event.ours.other.literal", Most::Instructions(6.0)),
    ("event.ours.visit.literal", Most::Allocations(0.0)),
    ("event.ours.visit.runtime", Most::Allocations(0.0)),
    ("event.ours.by_name.literal", Most::Allocations(0.0)),
    ("event.ours.eight.literal", Most::Allocations(0.0)),
    ("event.ours.nested.literal", Most::Allocations(0.0)),
    ("metric.ours.64", Most::Allocations(0.0)),
    ("metric.ours.one", Most::Allocations(0.0)),
    ("metric.cells.one", Most::Allocations(0.0)),
    ("reporter.distribution.three", Most::Allocations(0.0)),
    ("reporter.summary.three", Most::Allocations(0.0)),
    ("statsd.ours.64", Most::Allocations(0.0)),
];

/// What one case costs more than another.
pub struct Difference {
    /// What it is that makes the difference.
    pub work: &'static str,
    /// Id of the case that has more to do.
    pub more: &'static str,
    /// Id of the case that has less to do.
    pub less: &'static str,
    /// How often the one does what the other does not.
    pub times: f64,
    /// Nanoseconds that were promised for one of them, with one and with T threads.
    pub most: Option<f64>,
}

/// See `cases/cells.rs` for the reasons.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        work: "the aggregator with one counter and one distribution",
        more: "metric.cells.one",
        less: "metric.cells.none",
        times: 1.0,
        most: None,
    },
    Difference {
        work: "one counter and one distribution alone",
        more: "metric.cells.five",
        less: "metric.cells.one",
        times: 4.0,
        most: Some(6.0),
    },
    Difference {
        work: "the N+1 detector beside reporter and store, a span of a traced request",
        more: "traced.ours.all",
        less: "traced.ours.both",
        times: 7.0,
        most: None,
    },
    Difference {
        work: "the store beside the OpenTelemetry reporter, a span of a traced request",
        more: "traced.ours.both",
        less: "traced.ours.otlp",
        times: 7.0,
        most: None,
    },
];

/// What ours adds to something, in relation to what a peer adds to the same thing.
pub struct Added {
    /// What is added to.
    pub work: &'static str,
    /// Id of the case with ours.
    pub ours: &'static str,
    /// Id of the case with the peer.
    pub peer: &'static str,
    /// Id of the case with neither.
    pub base: &'static str,
    /// Ours may add at most so many times as much, in instructions and times.
    pub most: Option<f64>,
}

/// See `cases/http.rs` and `cases/traced/mod.rs`.
pub const ADDED: &[Added] = &[
    Added {
        work: "a request, all fields looked at",
        ours: "http.ours.visit",
        peer: "http.trace-layer.visit",
        base: "http.axum",
        most: Some(1.0),
    },
    Added {
        work: "a request, nothing looked at",
        ours: "http.ours.noop",
        peer: "http.trace-layer",
        base: "http.axum",
        most: Some(1.0),
    },
    Added {
        work: "all fields looked at, and ids taken from one header and put into another",
        ours: "http.ours.visit.traceparent",
        peer: "http.trace-layer.visit",
        base: "http.axum",
        most: None,
    },
    Added {
        work: "a request into all of `telemetry_http::metrics`, and ids put into a header",
        ours: "http.ours.metrics",
        peer: "http.trace-layer.visit",
        base: "http.axum",
        most: None,
    },
    Added {
        work: "a request, nobody",
        ours: "http.ours.none",
        peer: "http.trace-layer.none",
        base: "http.axum",
        most: None,
    },
    traced(
        "traced request to OTLP, which ours writes on the calling thread",
        "traced.ours.otlp",
        "traced.otel.otlp",
    ),
    traced(
        "traced request to OTLP, written on the calling thread by both",
        "traced.ours.otlp",
        "traced.otel.otlp.here",
    ),
    traced(
        "traced request to OTLP, which ours writes on the calling thread",
        "traced.ours.otlp",
        "traced.fastrace.otlp",
    ),
    traced(
        "traced request into the store, and into a processor that counts",
        "traced.ours.store",
        "traced.otel.batch",
    ),
    traced(
        "traced request to OTLP and into store and detector",
        "traced.ours.all",
        "traced.otel.otlp",
    ),
    traced(
        "request that is not sampled",
        "traced.ours.otlp.unsampled",
        "traced.otel.unsampled",
    ),
    traced(
        "request that is not sampled",
        "traced.ours.otlp.unsampled",
        "traced.fastrace.unsampled",
    ),
    traced(
        "request that is not sampled, with store and detector",
        "traced.ours.all.unsampled",
        "traced.otel.unsampled",
    ),
];

/// A request with its queries, about which nothing was promised.
const fn traced(work: &'static str, ours: &'static str, peer: &'static str) -> Added {
    Added {
        work,
        ours,
        peer,
        base: "traced.bare",
        most: None,
    }
}

/// Live bytes of the heap that were promised.
pub struct Bytes {
    /// What is weighed.
    pub id: &'static str,
    /// Per series.
    pub series: f64,
    /// Per series and further thread.
    pub thread: Option<f64>,
    /// Per series and further sample, less what a rounding is.
    pub sample: f64,
}

/// Promises of memory.
pub const WEIGHTS: &[Bytes] = &[
    Bytes {
        id: "memory.ours.both",
        series: 350.0,
        thread: Some(120.0),
        sample: 0.0,
    },
    Bytes {
        id: "memory.ours.summary",
        series: 3_000.0,
        thread: None,
        sample: 0.0,
    },
];

/// Of the original's time.
pub const A_TENTH: f64 = 0.1;

/// The work, the id of our case, and the name in `beam/baseline.exs`.
pub const ORIGINALS: &[(&str, &str, &str)] = &[
    ("event, nobody", "event.ours.none.literal", "idle"),
    (
        "event, nobody, persisted",
        "event.ours.none.literal",
        "idle.persisted",
    ),
    ("event, no-op", "event.ours.noop.literal", "noop"),
    (
        "event, no-op, persisted",
        "event.ours.noop.literal",
        "noop.persisted",
    ),
    ("span, 1 handler on stop", "span.ours.visit.literal", "span"),
    (
        "span, 1 handler on stop, persisted",
        "span.ours.visit.literal",
        "span.persisted",
    ),
    (
        "counter and distribution, 64 series",
        "metric.ours.64",
        "metric.64",
    ),
    (
        "counter and distribution, 64 series, persisted",
        "metric.ours.64",
        "metric.64.persisted",
    ),
    (
        "counter and distribution, one series",
        "metric.ours.one",
        "metric.one",
    ),
    (
        "counter and distribution, one series, persisted",
        "metric.ours.one",
        "metric.one.persisted",
    ),
];

#[cfg(test)]
mod tests {
    use super::super::PAIRS;
    use super::*;

    #[test]
    fn every_goal_is_about_something_that_exists() {
        let cases = crate::cases::all();
        let exists = |id: &str| cases.iter().any(|case| case.id == id);
        for goal in PAIRS {
            assert!(exists(goal.ours), "{}", goal.ours);
            assert!(exists(goal.peer), "{}", goal.peer);
        }
        for (id, _) in NUMBERS {
            assert!(exists(id), "{id}");
        }
        for added in ADDED {
            for id in [added.ours, added.peer, added.base] {
                assert!(exists(id), "{id}");
            }
        }
        for difference in DIFFERENCES {
            assert!(exists(difference.more), "{}", difference.more);
            assert!(exists(difference.less), "{}", difference.less);
        }
        let script = include_str!("../../beam/baseline.exs");
        for (_, ours, name) in ORIGINALS {
            assert!(exists(ours), "{ours}");
            let name = name.trim_end_matches(".persisted");
            assert!(script.contains(&format!("\"{name}\" <>")), "{name}");
        }
        let weights = crate::cases::weights();
        for bytes in WEIGHTS {
            assert!(weights.iter().any(|w| w.id == bytes.id), "{}", bytes.id);
        }
    }

    #[test]
    fn ids_are_unique() {
        let cases = crate::cases::all().into_iter().map(|case| case.id);
        let weights = crate::cases::weights().into_iter();
        let mut ids: Vec<String> = cases.chain(weights.map(|w| w.id.to_owned())).collect();
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}
