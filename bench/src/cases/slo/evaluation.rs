//! One evaluation of ten objectives and ten alarms, in a process with few series and with 2,000.
//!
//! What the objectives are about is the event that makes these 2,000; the alarms are about a few last
//! values and counters. The metrics of the objectives' own state are there, too, as everybody has them,
//! so an evaluation's events are counted.

use std::sync::Arc;
use std::time::Duration;

use telemetry::execute;
use telemetry_metrics::{Aggregator, Metric, counter, last_value};
use telemetry_slo::{Alarm, Objective, Reading};

use super::step::Steps;
use super::{EVENT, THRESHOLD, availability, latency, metrics};
use crate::cases::metric::{by_tags_counter, by_tags_distribution, emit, samples};
use crate::harness::{Case, Prepared, Table, repeat, seen};

/// How often it is evaluated by default.
pub const INTERVAL: Duration = Duration::from_secs(5);

/// Pairs of tags, each of which is two series.
const PAIRS: usize = 1_000;

/// What is read, and everything that is done with it.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Evaluation, format!("slo.{id}"), label, prepare).whole()
    };
    vec![
        case("snapshot", "a snapshot of 2,000 series alone", || {
            let program = Program::start(PAIRS);
            let run = repeat(move |_| {
                let snapshot = program.aggregator.snapshot();
                if snapshot.families.len() > METRICS {
                    seen();
                }
            });
            Prepared::seen(1, run)
        }),
        case(
            "evaluation.few",
            "10 objectives, 10 alarms, no series but theirs",
            || Program::start(0).evaluated(&alarms()),
        )
        .everywhere(),
        case(
            "evaluation.2000",
            "10 objectives, 10 alarms, beside 2,000 series",
            || Program::start(PAIRS).evaluated(&alarms()),
        )
        .everywhere(),
        case(
            "evaluation.wide",
            "the same, one of the alarms over 1,000 of them",
            || {
                let mut alarms = alarms();
                alarms[0] = Alarm::panics("bench.request.count").limit(1e12);
                Program::start(PAIRS).evaluated(&alarms)
            },
        )
        .everywhere(),
    ]
}

/// Of a program, beside those of its objectives.
const METRICS: usize = 12;

struct Program {
    aggregator: Aggregator,
    objectives: Vec<Objective>,
}

impl Program {
    /// With so many pairs of tags, all of which have been counted.
    fn start(pairs: usize) -> Self {
        let objectives: Vec<Objective> = (0..10)
            .map(|at| match at % 5 {
                0 | 1 => latency(&format!("latency-{at}")),
                2 => {
                    Objective::latency(format!("slow-{at}"), [EVENT], THRESHOLD * 10).target(0.999)
                }
                _ => availability(&format!("site-{at}")),
            })
            .collect();
        let by_tags = [by_tags_counter(), by_tags_distribution()];
        let of_state = of_state();
        assert_eq!(by_tags.len() + of_state.len(), METRICS);
        let aggregator = Aggregator::builder()
            .metrics(by_tags)
            .metrics(of_state)
            .metrics(metrics(&objectives))
            .metrics(telemetry_slo::metrics())
            .start()
            .expect("valid definitions");
        samples(pairs).iter().for_each(emit);
        let series = |name| {
            let families = aggregator.snapshot().families.into_iter();
            let named = families.filter(move |family| family.definition.name() == name);
            named.map(|family| family.series.len()).sum::<usize>()
        };
        assert_eq!(series("bench.request.count"), pairs);
        assert_eq!(series("bench.request.duration"), pairs);
        for part in ["one", "two", "three", "four"] {
            execute!("bench.part", { depth: 3, capacity: 100, waiting: 1, entries: 50 }, { part });
            execute!("bench.failure", {}, { part });
        }
        execute!("bench.process", { queue: 3, memory: 1_000_000, files: 40, most_files: 1_024, lag: 2 });
        Self {
            aggregator,
            objectives,
        }
    }

    fn evaluated(self, alarms: &[Alarm]) -> Prepared {
        let steps = Steps::start(&self.aggregator, &self.objectives, alarms);
        let steps = Arc::new(steps);
        let evaluations = steps.clone();
        let run = Box::new(move |times| {
            // For as long as there are evaluations.
            let _ = &self.aggregator;
            steps.evaluate(times);
        });
        Prepared::total(1, run, move || evaluations.evaluations())
    }
}

/// Four of them by a tag of four values, five without.
fn of_state() -> Vec<Metric> {
    let by_part = |name| last_value(name).tags(["part"]);
    vec![
        by_part("bench.part.depth"),
        by_part("bench.part.capacity"),
        by_part("bench.part.waiting"),
        by_part("bench.part.entries"),
        counter("bench.failure.count").tags(["part"]),
        last_value("bench.process.queue"),
        last_value("bench.process.memory"),
        last_value("bench.process.files"),
        last_value("bench.process.most_files"),
        last_value("bench.process.lag"),
    ]
}

/// Ten, none of which fires.
fn alarms() -> Vec<Alarm> {
    let lag = Reading::Latest("bench.process.lag".to_owned());
    vec![
        Alarm::panics("bench.failure.count").limit(1e12),
        Alarm::series_overflow(),
        Alarm::reporter_failures(),
        Alarm::channel_depth("bench.part.depth", "bench.part.capacity"),
        Alarm::pool_waiting("bench.part.waiting"),
        Alarm::table_size("bench.part.entries", 1_000),
        Alarm::open_files("bench.process.files", "bench.process.most_files"),
        Alarm::run_queue("bench.process.queue"),
        Alarm::memory("bench.process.memory", 1_000_000_000),
        Alarm::new("LagHigh", lag, 30.0),
    ]
}

#[cfg(test)]
mod tests {
    use telemetry_slo::Slo;

    use super::*;

    #[test]
    fn shares_are_those_at_the_interval_that_nobody_asked_for() {
        let Program {
            aggregator,
            objectives,
        } = Program::start(1);
        let slo = Slo::builder(&aggregator)
            .objectives(objectives)
            .alarms(alarms())
            .start()
            .expect("valid objectives and alarms");
        assert_eq!(slo.interval(), INTERVAL);
    }
}
