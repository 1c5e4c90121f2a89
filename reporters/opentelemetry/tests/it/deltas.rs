//! Deltas through all of it, to a receiver that refuses many of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_proto::tonic::metrics::v1::{metric, number_data_point};
use telemetry_metrics::{counter, distribution};
use telemetry_opentelemetry::{Histograms, OpenTelemetry, Temporality};

use crate::support::{Act, Receiver, SOON, Taken, aggregator, wait_until};

const COUNT: &str = "otlp.it.delta.count";
const WAITED: &str = "otlp.it.delta.wait_time";

/// Of everything that was taken: what the counter says, and the histogram.
fn sums(taken: &Taken) -> (u64, u64) {
    let resources = taken.metrics.iter().flat_map(|one| &one.resource_metrics);
    let scopes = resources.flat_map(|one| &one.scope_metrics);
    let mut sums = (0, 0);
    for metric in scopes.flat_map(|one| &one.metrics) {
        match (metric.name.as_str(), metric.data.as_ref().unwrap()) {
            (COUNT, metric::Data::Sum(sum)) => {
                let values = sum.data_points.iter().map(|point| match point.value {
                    Some(number_data_point::Value::AsInt(count)) => count as u64,
                    other => panic!("{other:?}"),
                });
                sums.0 += values.sum::<u64>();
            }
            (WAITED, metric::Data::ExponentialHistogram(histogram)) => {
                let counts = histogram.data_points.iter().map(|point| point.count);
                sums.1 += counts.sum::<u64>();
            }
            _ => {}
        }
    }
    sums
}

#[test]
fn deltas_that_arrive_add_up_to_what_was_counted() {
    const THREADS: u64 = 4;
    let calm = std::sync::Arc::new(AtomicBool::new(false));
    let is_calm = calm.clone();
    // Nothing of which nobody can know whether it was taken: that is told again.
    let receiver = Receiver::that(move |number| match number % 5 {
        _ if is_calm.load(Ordering::SeqCst) => Act::Take,
        0 | 3 => Act::Answer(400),
        1 => Act::Answer(413),
        _ => Act::Take,
    });
    let aggregator = aggregator([
        counter(COUNT).tags(["k"]),
        distribution(WAITED).tags(["k"]).max_series(5),
    ]);
    let otel = OpenTelemetry::builder(&aggregator)
        .endpoint(receiver.url())
        .without_traces()
        .temporality(Temporality::Delta)
        .histograms(Histograms::Exponential)
        .interval(Duration::from_millis(5))
        .retry_for(SOON)
        .timeout(SOON)
        .start()
        .unwrap();
    let is_over = AtomicBool::new(false);
    let emitted: u64 = std::thread::scope(|scope| {
        let threads = [(); THREADS as usize].map(|()| {
            scope.spawn(|| {
                let mut emitted = 0_u64;
                while !is_over.load(Ordering::Relaxed) {
                    let wait_time = Duration::from_nanos(1 << (emitted % 40));
                    telemetry::execute!("otlp.it.delta", { wait_time }, { k: emitted % 9 });
                    emitted += 1;
                }
                emitted
            })
        });
        wait_until("some requests", || {
            receiver.taken(|taken| taken.requests >= 40 && sums(taken).0 > 0)
        });
        is_over.store(true, Ordering::Relaxed);
        threads.map(|thread| thread.join().unwrap()).iter().sum()
    });
    calm.store(true, Ordering::SeqCst);
    wait_until("everything", || otel.flush(SOON).is_ok());
    assert_eq!(receiver.taken(sums), (emitted, emitted));
    otel.stop(SOON).unwrap();
    assert_eq!(receiver.taken(sums), (emitted, emitted));
}
