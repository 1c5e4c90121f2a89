//! Many scrapers at once, while it is counted.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use telemetry::execute;
use telemetry_metrics::{counter, distribution, summary};
use telemetry_prometheus::Format;

use crate::strict::Family;
use crate::support::{families, reporter, sample, start};
use crate::{open, strict};

#[test]
fn they_lose_nothing_and_see_nothing_fall() {
    const EMITTERS: u64 = 4;
    const EVENTS: u64 = 20_000;
    let aggregator = start([
        counter("prom_scrapers.stop.count").tags(["n"]),
        distribution("prom_scrapers.stop.number").buckets([1, 2]),
        summary("prom_scrapers.stop.statistics").measurement("number"),
    ]);
    let prometheus = reporter(&aggregator);
    let total = |families: &[Family]| {
        let labels = [("n", "1")];
        let ones = sample(families, "prom_scrapers_stop_count_total", &labels).unwrap_or(0.0);
        let count = sample(families, "prom_scrapers_stop_number_count", &[]).unwrap_or(0.0);
        let sum = sample(families, "prom_scrapers_stop_statistics_sum", &[]).unwrap_or(0.0);
        [ones, count, sum]
    };
    let running = AtomicU64::new(EMITTERS);
    let begin = Barrier::new(EMITTERS as usize + 4);
    thread::scope(|scope| {
        for _ in 0..EMITTERS {
            scope.spawn(|| {
                begin.wait();
                for event in 0..EVENTS {
                    let n = event % 4;
                    execute!("prom_scrapers.stop", { number: n }, { n });
                }
                running.fetch_sub(1, Ordering::Release);
            });
        }
        for format in [
            Format::Text,
            Format::OpenMetrics,
            Format::Text,
            Format::OpenMetrics,
        ] {
            let (prometheus, begin, running) = (&prometheus, &begin, &running);
            scope.spawn(move || {
                begin.wait();
                let mut before = [0.0; 3];
                loop {
                    let last = running.load(Ordering::Acquire) == 0;
                    let text = prometheus.render_as(format);
                    let families = match format {
                        Format::OpenMetrics => {
                            let families = open::parse(&text).unwrap().into_iter();
                            families.map(|open| open.family).collect()
                        }
                        _ => strict::parse(&text).unwrap(),
                    };
                    let now = total(&families);
                    for (before, now) in before.iter().zip(now) {
                        assert!(*before <= now, "{before} {now}");
                    }
                    before = now;
                    if last {
                        break;
                    }
                }
                let all = (EMITTERS * EVENTS) as f64;
                assert_eq!(before, [all / 4.0, all, all * 1.5]);
            });
        }
    });
    let all = (EMITTERS * EVENTS) as f64;
    assert_eq!(total(&families(&prometheus)), [all / 4.0, all, all * 1.5]);
}
