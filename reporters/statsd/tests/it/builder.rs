use std::time::Duration;

use telemetry_metrics::{Kind, counter, sum, summary};
use telemetry_statsd::{Format, Problem, Statsd, StatsdError};

use crate::support::aggregator;

#[test]
fn everything_that_is_wrong_is_reported_in_one_error() {
    let aggregator = aggregator([
        counter("b.all.n").option("report_as", "counter"),
        summary("b.all.n"),
        sum("b.all.m").option("report_as", "gauge"),
        counter("b.all.o").option("sampling_rate", "0.1"),
    ]);
    let error = Statsd::builder(&aggregator)
        .address("localhost")
        .prefix("a..b")
        .mtu(63)
        .interval(Duration::ZERO)
        .max_values(0)
        .start()
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("9 problems in the settings of the StatsD reporter:\n"),
        "{text}"
    );
    let StatsdError::Settings(problems) = error else {
        panic!("{text}")
    };
    let metric = |last: &str| format!("b.all.{last}");
    assert_eq!(
        problems,
        [
            Problem::Address {
                address: "localhost".into(),
                why: "the port is missing"
            },
            Problem::Prefix("a..b".into()),
            Problem::Mtu(63),
            Problem::Interval,
            Problem::MaxValues,
            Problem::ReportAsOn {
                metric: metric("n"),
                kind: Kind::Counter
            },
            Problem::SameName {
                metric: metric("n"),
                first: Kind::Counter,
                second: Kind::Summary
            },
            Problem::ReportAs {
                metric: metric("m"),
                value: "gauge".into()
            },
            Problem::UnknownOption {
                metric: metric("o"),
                key: "sampling_rate".into()
            },
        ]
    );
    for problem in &problems {
        assert!(text.contains(&format!("\n  {problem}")), "{problem}");
    }
    assert!(aggregator.health().is_empty(), "nothing was registered");
}

#[test]
fn limits_are_inclusive_and_defaults_are_valid() {
    let aggregator = aggregator([counter("b.limits.n")]);
    assert!(Statsd::builder(&aggregator).start().is_ok());
    for mtu in [64, 65_507] {
        assert!(Statsd::builder(&aggregator).mtu(mtu).start().is_ok());
    }
    assert!(Statsd::builder(&aggregator).mtu(65_508).start().is_err());
}

#[test]
fn extreme_durations_are_long_and_not_a_panic() {
    let aggregator = aggregator([counter("b.long.n")]);
    let statsd = Statsd::builder(&aggregator)
        .interval(Duration::MAX)
        .format(Format::Datadog)
        .start()
        .unwrap();
    assert_eq!(statsd.flush(Duration::MAX), Ok(()));
    assert_eq!(statsd.stop(Duration::MAX), Ok(()));
}
