//! Datadog's own DogStatsD server, as it comes with its packages for serverless functions, and what
//! it would have sent to Datadog.
//!
//! It listens on all addresses, and sends to the Internet; so these tests start themselves again in
//! a network of their own, in which there is nothing but the loopback.
//!
//! To run these: `pip install datadog-serverless-compat`, and then, with the path of the program in
//! it, `DOGSTATSD_SERVER=.. cargo test -p telemetry-statsd -- --ignored`.

use std::time::Duration;

use telemetry::execute;
use telemetry_metrics::{Aggregator, Unit, counter, distribution, last_value, sum};
use telemetry_statsd::{CheckStatus, DatadogEvent, Format, ServiceCheck, StatsdBuilder};

use crate::dogstatsd_server::{Server, Shipped, alone};
use crate::support::{SOON, aggregator, quiet};

/// It takes only the first of packed values, so they are not packed here.
fn datadog<'a>(aggregator: &'a Aggregator, server: &Server) -> StatsdBuilder<'a> {
    quiet(aggregator, server.address)
        .format(Format::Datadog)
        .pack_values(false)
}

#[test]
#[ignore = "needs Datadog's server, its path in DOGSTATSD_SERVER, and a network of its own"]
fn datadogs_own_server_has_the_same_numbers() {
    alone("datadogs_own_server_has_the_same_numbers", || {
        let server = Server::start("debug");
        let aggregator = Aggregator::builder()
            .metrics([
                counter("dog.all.count").tags(["route", "status"]),
                sum("dog.all.bytes").up_down().unit(Unit::One),
                last_value("dog.all.level"),
                distribution("dog.all.size")
                    .measurement("bytes")
                    .buckets([1.0]),
            ])
            .constant_tag("env", "prod")
            .start()
            .unwrap();
        let statsd = datadog(&aggregator, &server)
            .prefix("app")
            .container_id("in-7")
            .start()
            .unwrap();
        for n in 1..=10 {
            let route = if n % 2 == 0 { "/a" } else { "/b|c:1\nx,y" };
            execute!("dog.all", { bytes: n - 4, level: -0.5 * n as f64 },
                { route: route, status: 200 });
        }
        let event = DatadogEvent::new("an event", "a\nb|c");
        statsd.outbox().event(&event).unwrap();
        let check = ServiceCheck::new("a.check", CheckStatus::Ok).message("x");
        statsd.outbox().service_check(&check).unwrap();
        statsd.flush(SOON).unwrap();
        let size = "app.dog.all.size env:prod";
        let shipped = server.ships(|shipped| shipped.sketches.contains_key(size));
        assert_eq!(
            shipped.count("app.dog.all.count env:prod,route:/a,status:200"),
            5.0
        );
        let hostile = "app.dog.all.count env:prod,route:/b_c_1_x_y,status:200";
        assert_eq!(shipped.count(hostile), 5.0);
        assert_eq!(shipped.counts.len(), 3, "{shipped:?}");
        assert_eq!(shipped.count("app.dog.all.bytes env:prod"), 15.0);
        assert_eq!(shipped.gauges["app.dog.all.level env:prod"], -5.0);
        let size = &shipped.sketches[size];
        assert_eq!(size.count, 10);
        assert!((size.sum - 15.0).abs() < 0.2, "{}", size.sum);
        server.has_no_complaint();
    });
}

#[test]
#[ignore = "needs Datadog's server, its path in DOGSTATSD_SERVER, and a network of its own"]
fn a_million_events_and_a_hundred_thousand_values_arrive() {
    alone(
        "a_million_events_and_a_hundred_thousand_values_arrive",
        || {
            let server = Server::start("info");
            let aggregator = aggregator([
                counter("dog.many.count"),
                distribution("dog.some.duration").buckets([1.0]),
            ]);
            let statsd = datadog(&aggregator, &server)
                .interval(Duration::from_millis(50))
                .max_values(200_000)
                .start()
                .unwrap();
            let micros = |n: u64| 100 + n * 7_919 % 100_000;
            std::thread::scope(|scope| {
                for thread in 0..8 {
                    scope.spawn(move || {
                        (0..125_000).for_each(|_| execute!("dog.many"));
                        for n in (thread..100_000).step_by(8) {
                            let duration = Duration::from_micros(micros(n));
                            execute!("dog.some", { duration: duration });
                        }
                    });
                }
            });
            statsd.stop(SOON).unwrap();
            let count = |shipped: &Shipped| {
                shipped
                    .sketches
                    .get("dog.some.duration ")
                    .map_or(0, |sketch| sketch.count)
            };
            let shipped = server.ships(|shipped| {
                shipped.count("dog.many.count ") == 1e6 && count(shipped) == 100_000
            });
            let sketch = &shipped.sketches["dog.some.duration "];
            let mut truth: Vec<f64> = (0..100_000).map(|n| micros(n) as f64 / 1e3).collect();
            truth.sort_by(f64::total_cmp);
            let off = |got: f64, truth: f64| (got / truth - 1.0).abs();
            let mean = truth.iter().sum::<f64>() / 1e5;
            assert!(off(sketch.sum / 1e5, mean) < 0.011);
            // Its own buckets are 1.6 % wide, and the numbers of one are all taken for its lower end.
            for (quantile, rank) in [(0.5, 50_000), (0.95, 95_000)] {
                let got = sketch.quantile(quantile);
                assert!(
                    off(got, truth[rank]) < 0.022,
                    "{quantile}: {got} {}",
                    truth[rank]
                );
            }
            server.has_no_complaint();
        },
    );
}

#[test]
#[ignore = "needs Datadog's server, its path in DOGSTATSD_SERVER, and a network of its own"]
fn a_server_that_is_killed_and_restarted_gets_what_came_meanwhile() {
    alone(
        "a_server_that_is_killed_and_restarted_gets_what_came_meanwhile",
        || {
            let server = Server::start("info");
            let aggregator = aggregator([counter("dog.again.count")]);
            let statsd = datadog(&aggregator, &server)
                .timestamps(true)
                .start()
                .unwrap();
            let key = "dog.again.count ";
            let emit = |events: u32| (0..events).for_each(|_| execute!("dog.again"));
            emit(1_000);
            statsd.flush(SOON).unwrap();
            let shipped = server.ships(|shipped| shipped.count(key) == 1_000.0);
            let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
            assert!(now - shipped.stamps[key] < 60, "our time, {shipped:?}");
            let address = server.address;
            drop(server);
            for _ in 0..3 {
                emit(1_000);
                statsd.flush(SOON).unwrap_err();
            }
            let server = Server::start_at(address, "info");
            emit(1_000);
            statsd.flush(SOON).unwrap();
            server.ships(|shipped| shipped.count(key) == 4_000.0);
            // What it has taken and not sent on when it is killed is gone, and nobody knows.
            emit(500);
            statsd.flush(SOON).unwrap();
            drop(server);
            let server = Server::start_at(address, "info");
            emit(7);
            statsd.flush(SOON).unwrap();
            server.ships(|shipped| shipped.count(key) == 7.0);
            let report = statsd.report();
            assert_eq!((report.sent, report.failed, report.late), (4, 3, 0));
        },
    );
}
