//! What objectives count.

use std::time::Duration;

use telemetry::execute;
use telemetry_metrics::{Aggregator, Data};
use telemetry_prometheus::Prometheus;
use telemetry_slo::{Count, Measured, Objective, Slo};

use crate::support::{aggregator, counted, start};

#[test]
fn what_failed_is_bad_by_its_outcome_its_status_or_its_name() {
    let events = ["availability.stop", "availability.exception"];
    let objective = Objective::availability("availability", events);
    let aggregator = aggregator(&objective);
    let slo = start(&aggregator, objective).unwrap();
    execute!("availability.stop");
    execute!("availability.stop", {}, { outcome: "ok", status: 200 });
    execute!("availability.stop", {}, { outcome: "cancelled" });
    execute!("availability.stop", {}, { status: 404 });
    execute!("availability.stop", {}, { outcome: "error" });
    execute!("availability.stop", {}, { outcome: "ok", status: 503 });
    execute!("availability.stop", {}, { status_code: "500" });
    execute!("availability.exception", {}, { outcome: "panic" });
    execute!("availability.exception");
    let report = counted(&slo, 9.0);
    let objective = &report.objectives[0];
    assert_eq!((objective.valid, objective.bad), (9.0, 5.0));
    assert_eq!(objective.ratio, Some(1.0 - 5.0 / 9.0));
}

#[test]
fn what_is_good_and_what_counts_can_be_said() {
    let objective = Objective::availability("said", ["said.reply"])
        .valid(|event| !event.metadata_is("route", "/health"))
        .valid(|event| !event.metadata_is("route", "/debug"))
        .good(|event| event.metadata_is("status", 200))
        .good(|event| event.metadata_is("cached", true));
    let aggregator = aggregator(&objective);
    let slo = start(&aggregator, objective).unwrap();
    execute!("said.reply", {}, { route: "/health", status: 200, cached: true });
    execute!("said.reply", {}, { route: "/debug", status: 500, cached: false });
    execute!("said.reply", {}, { route: "/", status: 200, cached: true });
    execute!("said.reply", {}, { route: "/", status: 200, cached: false });
    execute!("said.reply", {}, { route: "/", status: 404, cached: true });
    let report = counted(&slo, 3.0);
    assert_eq!(
        (report.objectives[0].valid, report.objectives[0].bad),
        (3.0, 2.0)
    );
}

#[test]
fn a_time_that_is_exactly_the_threshold_is_good() {
    let threshold = Duration::from_millis(250);
    let objective = Objective::latency("exact", ["exact.reply"], threshold)
        .measurement("took")
        .valid(|event| !event.metadata_is("route", "/live"));
    let aggregator = aggregator(&objective);
    let slo = start(&aggregator, objective).unwrap();
    let nano = Duration::from_nanos(1);
    for took in [Duration::ZERO, threshold - nano, threshold] {
        execute!("exact.reply", { took });
    }
    for took in [threshold + nano, 2 * threshold, Duration::from_secs(3_600)] {
        execute!("exact.reply", { took });
    }
    execute!("exact.reply", { took: threshold * 9 }, { route: "/live" });
    let report = counted(&slo, 6.0);
    assert_eq!(
        (report.objectives[0].valid, report.objectives[0].bad),
        (6.0, 3.0)
    );
}

#[test]
fn a_ratio_is_of_whatever_is_counted_or_added_up() {
    let good =
        Count::sum(["ratio.batch"], "stored").keep(|event| event.metadata_is("kind", "mail"));
    let valid = Count::sum(["ratio.batch"], "received");
    let objective =
        Objective::ratio("ratio-of", good, valid).valid(|event| !event.metadata_is("kind", "test"));
    let aggregator = aggregator(&objective);
    let slo = start(&aggregator, objective).unwrap();
    execute!("ratio.batch", { stored: 90, received: 100 }, { kind: "mail" });
    execute!("ratio.batch", { stored: 10, received: 20 }, { kind: "log" });
    execute!("ratio.batch", { stored: 10, received: 1_000 }, { kind: "test" });
    let report = counted(&slo, 120.0);
    assert_eq!(
        (report.objectives[0].valid, report.objectives[0].bad),
        (120.0, 30.0)
    );
}

#[test]
fn times_are_added_up_as_seconds() {
    let good = Count::sum(["lease.end"], "busy_time");
    let valid = Count::sum(["lease.end"], "whole_time");
    let objective = Objective::ratio("lease", good, valid);
    let aggregator = aggregator(&objective);
    let slo = start(&aggregator, objective).unwrap();
    let (busy_time, whole_time) = (Duration::from_millis(1_500), Duration::from_secs(2));
    execute!("lease.end", { busy_time, whole_time });
    let report = counted(&slo, 2.0);
    assert_eq!(
        (report.objectives[0].valid, report.objectives[0].bad),
        (2.0, 0.5)
    );
}

#[test]
fn before_the_first_event_everything_stands_at_zero() {
    let site = Objective::availability("zero-site", ["zero.stop"]);
    let speed = Objective::latency("zero-speed", ["zero.stop"], Duration::from_millis(300));
    let aggregator = Aggregator::builder()
        .metrics(site.metrics())
        .metrics(speed.metrics())
        .check_definitions(telemetry_metrics::Check::Off)
        .start()
        .unwrap();
    let snapshot = aggregator.snapshot();
    for name in ["slo.zero_site.good", "slo.zero_site.valid"] {
        assert_eq!(snapshot.find(name, &[]), Some(&Data::Counter(0)), "{name}");
    }
    let text = Prometheus::new(&aggregator).unwrap().render();
    for line in [
        "slo_zero_site_good_total 0\n",
        "slo_zero_site_valid_total 0\n",
        "slo_zero_speed_duration_seconds_bucket{le=\"0.3\"} 0\n",
        "slo_zero_speed_duration_seconds_count 0\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
}

#[test]
fn an_objective_tells_what_it_is_evaluated_from() {
    let site = Objective::availability("my-site", ["my.stop"]);
    let names: Vec<_> = site
        .metrics()
        .iter()
        .map(|one| one.name().to_owned())
        .collect();
    let Measured::Ratio { good, valid } = site.measured() else {
        panic!("{:?}", site.measured());
    };
    assert_eq!(names, [good, valid]);
    assert_eq!(names, ["slo.my_site.good", "slo.my_site.valid"]);
    let speed = Objective::latency("speed", ["my.stop"], Duration::from_millis(1_100));
    let expected = Measured::Latency {
        duration: "slo.speed.duration".to_owned(),
        threshold: 1.1,
    };
    assert_eq!(speed.measured(), expected);
    assert_eq!(speed.metrics()[0].name(), "slo.speed.duration");
}

#[test]
fn hundreds_of_objectives_have_room_in_their_own_metrics() {
    let one = |n| Objective::availability(format!("many-{n}"), ["many.stop"]);
    let objectives: Vec<_> = (0..300).map(one).collect();
    let aggregator = Aggregator::builder()
        .metrics(objectives.iter().flat_map(Objective::metrics))
        .metrics(telemetry_slo::metrics())
        .check_definitions(telemetry_metrics::Check::Off)
        .start()
        .unwrap();
    let builder = Slo::builder(&aggregator).objectives(objectives);
    let _slo = builder
        .interval(Duration::from_secs(3_600))
        .start()
        .unwrap();
    let snapshot = aggregator.snapshot();
    let family = |name: &str| {
        let mut families = snapshot.families.iter();
        families.find(|one| one.definition.name() == name).unwrap()
    };
    let rates = &family("slo.burn_rate").series;
    assert!(rates.len() >= 300 * 7, "{}", rates.len());
    assert!(!rates.iter().any(|one| one.is_overflow));
}
