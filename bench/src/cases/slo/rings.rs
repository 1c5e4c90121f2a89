//! What an objective holds of the heap when its windows are full of different totals: eight of them,
//! as those of the standard policy and its own. How long a window is makes no difference to that, so
//! here they are all of about a second.
//!
//! Weighed as series are: a sample is one event of one objective, and before each look at the scale all
//! that had one have more of them, until every window has as many totals as it keeps.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use telemetry::{EventName, execute};
use telemetry_metrics::Aggregator;
use telemetry_slo::{Alarm, BurnAlert, Objective, Policy, Severity};

use super::step::Steps;
use super::{metrics, totals};
use crate::harness::{Scale, Weight};

/// Of the longest window.
const WINDOW: Duration = Duration::from_secs(1);

/// Much less than a sixtieth of the shortest, which is how often a total is kept.
const PAUSE: Duration = Duration::from_millis(1);

/// One of them.
pub fn weights() -> Vec<Weight> {
    vec![Weight {
        id: "slo.rings",
        label: "an availability with 8 windows",
        series: 20,
        samples: 1,
        prepare,
    }]
}

/// Seven windows, as in the standard policy, where two pairs share one.
fn policy() -> Policy {
    let windows = [(600, 660), (620, 700), (640, 720), (700, 740)];
    let policy = Policy::new(windows.map(|(short, long)| {
        let [short, long] = [short, long].map(Duration::from_millis);
        BurnAlert::new(short, long, 10.0, Severity::Ticket)
    }));
    let usual = Policy::standard().windows().len();
    assert_eq!(policy.windows().len(), usual);
    policy
}

fn prepare(objectives: usize) -> Scale {
    let events: Arc<[EventName]> = (0..objectives)
        .map(|at| EventName::new(&format!("bench.ring.e{at}")).expect("a valid name"))
        .collect();
    let objectives: Vec<Objective> = events
        .iter()
        .enumerate()
        .map(|(at, event)| {
            Objective::availability(format!("ring-{at}"), [event.as_str()])
                .target(0.99)
                .window(WINDOW)
                .policy(policy())
        })
        .collect();
    let aggregator = Aggregator::builder()
        .metrics(metrics(&objectives))
        .start()
        .expect("valid definitions");
    // What the thread that settles needs itself is there before anything is weighed.
    events.iter().for_each(emit);
    let steps = Steps::start(&aggregator, &objectives, &[Alarm::series_overflow()]);
    let known = Arc::new(AtomicUsize::new(0));
    let own = Arc::new(AtomicU64::new(events.len() as u64));
    let (of_record, of_settle) = ((events.clone(), known.clone()), own.clone());
    Scale {
        record: Box::new(move |at, _| {
            let (events, known) = &of_record;
            known.fetch_max(at + 1, Ordering::Relaxed);
            emit(&events[at]);
        }),
        settle: Box::new(move || {
            let events = &events[..known.load(Ordering::Relaxed)];
            let begun = Instant::now();
            while begun.elapsed() < WINDOW * 5 / 4 {
                events.iter().for_each(emit);
                of_settle.fetch_add(events.len() as u64, Ordering::Relaxed);
                steps.evaluate(1);
                std::thread::sleep(PAUSE);
            }
        }),
        total: Box::new(move || {
            totals(&aggregator, ".valid").sum::<u64>() - own.load(Ordering::Relaxed)
        }),
    }
}

fn emit(event: &EventName) {
    execute!(event, {}, { status: 200 });
}
