//! What is compared with what, and what has been promised.

/// Two cases of equal work, or one case and a number.
pub struct Goal {
    /// The work.
    pub work: &'static str,
    /// Id of our case.
    pub ours: &'static str,
    /// Id of the peer's case.
    pub peer: &'static str,
    /// Ours may take at most so many times the peer's instructions.
    pub instructions: Option<f64>,
    /// And so many times its time with one thread, by median and by minimum.
    pub one_thread: Option<f64>,
    /// And so many times its time with T threads.
    pub all_threads: Option<f64>,
    /// At T threads the medians alone decide.
    pub by_medians: bool,
}

const fn pair(work: &'static str, ours: &'static str, peer: &'static str) -> Goal {
    Goal {
        work,
        ours,
        peer,
        instructions: None,
        one_thread: None,
        all_threads: None,
        by_medians: false,
    }
}

impl Goal {
    const fn instructions(self, most: f64) -> Self {
        Self {
            instructions: Some(most),
            ..self
        }
    }

    const fn one_thread(self, most: f64) -> Self {
        Self {
            one_thread: Some(most),
            ..self
        }
    }

    const fn all_threads(self, most: f64) -> Self {
        Self {
            all_threads: Some(most),
            ..self
        }
    }

    const fn all_threads_by_medians(self, most: f64) -> Self {
        Self {
            by_medians: true,
            ..self.all_threads(most)
        }
    }
}

/// 0.7 with the operating system's clock, 0.5 with the processor's.
const SPAN: f64 = if cfg!(feature = "tsc") { 0.5 } else { 0.7 };

/// Ratios that were promised, and others that are worth knowing.
pub const PAIRS: &[Goal] = &[
    pair("idle", "event.ours.none.literal", "event.tracing.none").instructions(1.0),
    pair(
        "idle, run-time name",
        "event.ours.none.runtime",
        "event.tracing.none",
    ),
    pair(
        "handler on another event",
        "event.ours.other.literal",
        "event.tracing.other",
    )
    .instructions(1.0),
    pair(
        "a visit to 3 fields",
        "event.ours.visit.literal",
        "event.tracing.visit",
    )
    .instructions(0.8)
    .one_thread(0.75)
    .all_threads(0.75),
    pair(
        "a visit to 3 fields, run-time name",
        "event.ours.visit.runtime",
        "event.tracing.visit",
    )
    .instructions(0.8)
    .one_thread(0.75)
    .all_threads(0.75),
    pair(
        "3 fields by name",
        "event.ours.by_name.literal",
        "event.tracing.by_name",
    )
    .instructions(0.8)
    .one_thread(0.75)
    .all_threads(0.75),
    pair(
        "3 fields by name, run-time name",
        "event.ours.by_name.runtime",
        "event.tracing.by_name",
    )
    .instructions(0.8)
    .one_thread(0.75)
    .all_threads(0.75),
    pair("no-op", "event.ours.noop.literal", "event.tracing.noop"),
    pair(
        "8 no-ops",
        "event.ours.eight.literal",
        "event.tracing.eight",
    ),
    pair("idle span", "span.ours.none.literal", "span.tracing.none"),
    pair(
        "idle span, `in_scope`",
        "span.ours.none.in_scope",
        "span.tracing.none.in_scope",
    ),
    pair(
        "idle span, future",
        "span.ours.none.wrap",
        "span.tracing.none.instrument",
    ),
    pair(
        "visited span",
        "span.ours.visit.literal",
        "span.tracing.timed",
    ),
    pair(
        "visited span, against a layer",
        "span.ours.visit.literal",
        "span.tracing.layer",
    ),
    pair(
        "visited span, `in_scope`",
        "span.ours.visit.in_scope",
        "span.tracing.timed.in_scope",
    ),
    pair(
        "visited span, future",
        "span.ours.visit.wrap",
        "span.tracing.timed.instrument",
    ),
    pair(
        "span into a summary",
        "span.ours.summary.bare",
        "span.otel.batch.bare",
    )
    .instructions(SPAN)
    .one_thread(SPAN)
    .all_threads(SPAN),
    pair(
        "span with 2 fields into a summary",
        "span.ours.summary.tagged",
        "span.otel.batch",
    )
    .instructions(SPAN)
    .one_thread(SPAN)
    .all_threads(SPAN),
    pair(
        "counter and distribution, 64 series",
        "metric.ours.64",
        "metric.prometheus-client.64",
    )
    .instructions(0.6)
    .one_thread(0.6),
    pair(
        "counter and distribution, one series",
        "metric.ours.one",
        "metric.prometheus-client.one",
    )
    .instructions(0.6)
    .one_thread(0.6)
    .all_threads_by_medians(0.12),
    pair(
        "the same with its handles bound",
        "metric.ours.one",
        "metric.prometheus-client.handle",
    ),
];

/// Numbers that were promised.
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
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_goal_is_about_cases_that_exist() {
        let cases = crate::cases::all();
        let exists = |id: &str| cases.iter().any(|case| case.id == id);
        for goal in PAIRS {
            assert!(exists(goal.ours), "{}", goal.ours);
            assert!(exists(goal.peer), "{}", goal.peer);
        }
        for (id, _) in NUMBERS {
            assert!(exists(id), "{id}");
        }
    }

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<String> = crate::cases::all()
            .into_iter()
            .map(|case| case.id)
            .collect();
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}
