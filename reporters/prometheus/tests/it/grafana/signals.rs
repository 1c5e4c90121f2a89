//! Which definitions are taken for the golden signals.

use telemetry_metrics::{Kind, Metric, counter, distribution, last_value, sum, summary};
use telemetry_prometheus::Prometheus;
use telemetry_prometheus::grafana::{Dashboard, GrafanaError};

use super::view::{View, application, bare_exprs, legends, reporter_of, title, unit};
use crate::support::start;

/// The titles and the queries of the row of golden signals, which has this title.
fn golden(view: &View, row: &str) -> Vec<(String, String)> {
    let panels = view.row(row).into_iter();
    let first = |panel| bare_exprs(panel).join(" | ");
    panels
        .map(|panel| (title(panel).to_owned(), first(panel)))
        .collect()
}

fn check(metrics: Vec<Metric>, row: &str, expected: &[(&str, &str)]) {
    let view = View::of(&reporter_of(metrics));
    assert_eq!(view.rows()[0], row);
    let found = golden(&view, row);
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(title, expr)| (&**title, &**expr))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn an_applications_are_found_by_themselves() {
    let metrics = application("graf_signals");
    let count = "graf_signals_endpoint_duration_seconds_count";
    let buckets = "sum by (le) (rate(graf_signals_endpoint_duration_seconds_bucket[i]))";
    check(
        metrics,
        "Golden signals: graf_signals.endpoint",
        &[
            ("Rate", &format!("sum(rate({count}[i])) or vector(0)")),
            (
                "Errors",
                &format!(
                    "sum(rate({count}{{outcome=~\"error|panic\"}}[i])) / \
                     (sum(rate({count}[i])) > 0) or vector(0)"
                ),
            ),
            (
                "Duration",
                &["0.5", "0.95", "0.99"]
                    .map(|q| format!("histogram_quantile({q}, {buckets})"))
                    .join(" | "),
            ),
            ("Saturation", "graf_signals_total_run_queue_lengths"),
        ],
    );
    let view = View::of(&reporter_of(application("graf_signals")));
    let panels = view.row("Golden signals: graf_signals.endpoint");
    let units: Vec<&str> = panels.iter().map(|panel| unit(panel)).collect();
    assert_eq!(units, ["reqps", "percentunit", "s", "short"]);
    assert_eq!(
        panels[0]["description"],
        "How many per second, from `graf_signals.endpoint.duration`"
    );
    assert_eq!(legends(panels[3]), ["{{instance}}"]);
    assert_eq!(legends(panels[2]), ["p50", "p95", "p99"]);
    assert_eq!(panels[2]["targets"][2]["exemplar"], true);
    for (at, panel) in panels.iter().enumerate() {
        assert_eq!(panel["gridPos"]["x"], 6 * at, "they stand side by side");
    }
}

#[test]
fn panics_that_are_counted_elsewhere_are_added() {
    let rate = |name: &str| format!("(sum(rate({name}[i])) or vector(0))");
    let stop = "graf_panics_web_stop_count_total";
    let (answered, panicked) = (rate(stop), rate("graf_panics_web_exception_count_total"));
    let failed = rate(&format!("{stop}{{status=~\"5..\"}}"));
    check(
        vec![
            counter("graf_panics.web.exception.count"),
            counter("graf_panics.web.stop.count").tags(["status"]),
        ],
        "Golden signals: graf_panics.web",
        &[
            ("Rate", &format!("{answered} + {panicked}")),
            (
                "Errors",
                &format!("({failed} + {panicked}) / ({answered} + {panicked} > 0) or vector(0)"),
            ),
        ],
    );
}

#[test]
fn panics_alone_are_errors_too() {
    let rate = |name: &str| format!("(sum(rate({name}[i])) or vector(0))");
    let (answered, panicked) = (
        rate("graf_only_panics_web_stop_count_total"),
        rate("graf_only_panics_web_exception_count_total"),
    );
    let alone = "sum(rate(graf_only_panics_web_exception_count_total[i]))";
    check(
        vec![
            counter("graf_only_panics.web.stop.count"),
            counter("graf_only_panics.web.exception.count"),
        ],
        "Golden signals: graf_only_panics.web",
        &[
            ("Rate", &format!("{answered} + {panicked}")),
            (
                "Errors",
                &format!("{alone} / ({answered} + {panicked} > 0) or vector(0)"),
            ),
        ],
    );
}

#[test]
fn an_event_that_is_the_whole_span_will_do() {
    check(
        vec![
            counter("graf_event.repo.query.count").tags(["outcome"]),
            summary("graf_event.repo.query.total_time"),
            distribution("graf_event.repo.query.queue_time"),
        ],
        "Golden signals: graf_event.repo.query",
        &[
            (
                "Rate",
                "sum(rate(graf_event_repo_query_count_total[i])) or vector(0)",
            ),
            (
                "Errors",
                "sum(rate(graf_event_repo_query_count_total{outcome=~\"error|panic\"}[i])) / \
                 (sum(rate(graf_event_repo_query_count_total[i])) > 0) or vector(0)",
            ),
            (
                "Duration",
                &["0.5", "0.95", "0.99"]
                    .map(|q| {
                        format!("max(graf_event_repo_query_total_time_seconds{{quantile=\"{q}\"}})")
                    })
                    .join(" | "),
            ),
            (
                "Saturation",
                "histogram_quantile(0.95, sum by (le) \
                 (rate(graf_event_repo_query_queue_time_seconds_bucket[i])))",
            ),
        ],
    );
}

/// A status says nothing of panics.
#[test]
fn a_status_is_second_to_an_outcome() {
    let both = ["graf_status.web.stop", "graf_status.web.exception"];
    let all = || {
        distribution("graf_status.web.duration")
            .events(both)
            .tags(["status"])
    };
    let stop = || counter("graf_status.web.stop.count").tags(["status"]);
    let panics = || counter("graf_status.web.exception.count");
    let outcome = || counter("graf_status.web.stop.other").tags(["outcome"]);
    for (metrics, failed) in [
        (vec![all()], "duration_seconds_count{status=~\"5..\"}"),
        (
            vec![all(), stop(), panics()],
            "stop_count_total{status=~\"5..\"}",
        ),
        (
            vec![all(), stop(), panics(), outcome()],
            "stop_other_total{outcome=~\"error|panic\"}",
        ),
    ] {
        let view = View::of(&reporter_of(metrics));
        let errors = bare_exprs(view.panel("Errors")).concat();
        let failed = format!("sum(rate(graf_status_web_{failed}[i]))");
        assert!(errors.contains(&failed), "{errors}");
        let rate = bare_exprs(view.panel("Rate")).concat();
        assert_eq!(
            rate,
            "sum(rate(graf_status_web_duration_seconds_count[i])) or vector(0)"
        );
    }
}

#[test]
fn a_summary_gives_the_quantiles_that_it_shows() {
    let aggregator = start([summary("graf_quantile.web.stop.duration")]);
    let name = "graf_quantile_web_stop_duration_seconds";
    let mean = format!("sum(rate({name}_sum[i])) / sum(rate({name}_count[i]))");
    let one = |q: &str| format!("max({name}{{quantile=\"{q}\"}})");
    let either = format!("max({name}{{quantile=~\"1|1.0\"}})");
    for (quantiles, names, exprs) in [
        (
            vec![0.5, 0.95, 1.0],
            vec!["p50", "p95", "p100"],
            vec![one("0.5"), one("0.95"), either.clone()],
        ),
        (
            vec![0.5, 0.999],
            vec!["p50", "p99.9"],
            vec![one("0.5"), one("0.999")],
        ),
        (vec![1.0], vec!["p100"], vec![either]),
        (vec![], vec!["mean"], vec![mean.clone()]),
    ] {
        let shows_none = quantiles.is_empty();
        let builder = Prometheus::builder(&aggregator).quantiles(quantiles);
        let view = View::of(&builder.build().unwrap());
        let duration = view.panel("Duration");
        assert_eq!(bare_exprs(duration), exprs);
        assert_eq!(legends(duration), names);
        let all = bare_exprs(view.panel("graf_quantile.web.stop.duration"));
        assert_eq!(all.last(), Some(&mean));
        assert_eq!(all.len() == 1, shows_none, "{all:?}");
    }
}

#[test]
fn a_servers_span_comes_before_a_clients_and_an_inner_one() {
    let web = |span: &str, tag: &str| {
        [
            counter(format!("{span}.stop.count")).tags([tag, "outcome"]),
            distribution(format!("{span}.stop.duration")).tags([tag, "outcome"]),
        ]
    };
    let mut metrics = vec![counter("graf_server.cart.emptied.count")];
    metrics.extend(web("graf_server.client", "host"));
    metrics.extend(web("graf_server.web", "route"));
    metrics.extend(web("graf_server.admin", "route"));
    let view = View::of(&reporter_of(metrics));
    assert_eq!(view.rows()[0], "Golden signals: graf_server.web");
}

/// It counts what is good.
#[test]
fn what_an_objective_counts_is_not_taken_for_a_signal() {
    let both = ["graf_slo.web.stop", "graf_slo.web.exception"];
    let good = counter("slo.graf_site.good")
        .events(both)
        .option("nav", "Objectives");
    let slow = distribution("slo.graf_site.duration")
        .events(both)
        .option("nav", "Objectives");
    let metrics = [
        good,
        slow,
        counter("graf_slo.web.stop.count").tags(["outcome"]),
    ];
    let view = View::of(&reporter_of(metrics));
    assert_eq!(
        view.rows(),
        [
            "Golden signals: graf_slo.web",
            "Objectives: definitions",
            "graf_slo.web",
            "Telemetry itself"
        ]
    );
    let rate = bare_exprs(view.panel("Rate"));
    assert_eq!(
        rate,
        ["sum(rate(graf_slo_web_stop_count_total[i])) or vector(0)"]
    );
    assert_eq!(view.row("Objectives: definitions").len(), 3);
}

#[test]
fn without_any_there_is_no_row_of_them() {
    let view = View::of(&reporter_of([
        counter("graf_none.cart.emptied.count"),
        last_value("graf_none.weather.degrees"),
    ]));
    assert_eq!(
        view.rows(),
        ["graf_none.cart", "graf_none", "Telemetry itself"]
    );
}

#[test]
fn each_can_be_named() {
    let mut metrics = application("graf_named");
    metrics.extend([
        sum("graf_named.batch.items"),
        counter("graf_named.batch.broken.count"),
        distribution("graf_named.disk.used").buckets([1, 2]),
        summary("graf_named.batch.stop.duration"),
    ]);
    let prometheus = reporter_of(metrics);
    let builder = Dashboard::builder(&prometheus)
        .rate("graf_named.batch.items")
        .errors("graf_named.batch.broken.count")
        .duration("graf_named.batch.stop.duration")
        .saturation("graf_named.disk.used");
    let view = View::new(builder);
    let items = "sum(rate(graf_named_batch_items_total[i]))";
    let broken = "sum(rate(graf_named_batch_broken_count_total[i]))";
    let duration = |q| format!("max(graf_named_batch_stop_duration_seconds{{quantile=\"{q}\"}})");
    let row = view.rows()[0];
    let found = golden(&view, row);
    let found: Vec<&str> = found.iter().map(|(_, expr)| &**expr).collect();
    assert_eq!(
        found,
        [
            &format!("{items} or vector(0)"),
            &format!("{broken} / ({items} > 0) or vector(0)"),
            &["0.5", "0.95", "0.99"].map(duration).join(" | "),
            "histogram_quantile(0.95, sum by (le) (rate(graf_named_disk_used_bucket[i])))",
        ]
    );
}

/// The other signals are then about the same span.
#[test]
fn naming_one_says_which_span_is_meant() {
    let mut metrics = application("graf_one");
    metrics.push(counter("graf_one.job.stop.count").tags(["outcome"]));
    let prometheus = reporter_of(metrics);
    let view = View::new(Dashboard::builder(&prometheus).rate("graf_one.job.stop.count"));
    assert_eq!(view.rows()[0], "Golden signals: graf_one.job");
    let errors = bare_exprs(view.panel("Errors")).concat();
    assert!(errors.contains("graf_one_job_stop_count_total"), "{errors}");
}

#[test]
fn a_name_that_cannot_be_right_is_an_error() {
    let prometheus = reporter_of(application("graf_wrong"));
    let builder = || Dashboard::builder(&prometheus);
    let unknown = builder().rate("graf_wrong.endpoint.stop.cuont").build();
    let unknown = unknown.unwrap_err();
    let expected = GrafanaError::UnknownDefinition {
        signal: "rate",
        name: "graf_wrong.endpoint.stop.cuont".to_owned(),
    };
    assert_eq!(unknown, expected);
    assert!(
        unknown
            .to_string()
            .contains("`graf_wrong.endpoint.stop.cuont`")
    );
    for (wrong, signal, kind) in [
        (
            builder().rate("graf_wrong.memory.total"),
            "rate",
            Kind::LastValue,
        ),
        (
            builder().errors("graf_wrong.endpoint.stop.bytes"),
            "errors",
            Kind::Sum,
        ),
        (
            builder().duration("graf_wrong.endpoint.stop.count"),
            "duration",
            Kind::Counter,
        ),
    ] {
        let error = wrong.build().unwrap_err();
        let found = match &error {
            GrafanaError::Unsuitable { signal, kind, .. } => (*signal, *kind),
            other => panic!("{other}"),
        };
        assert_eq!(found, (signal, kind), "{error}");
    }
    // The library's own are definitions, too.
    assert!(
        builder()
            .saturation("telemetry.metric.series")
            .build()
            .is_ok()
    );
}

/// Two definitions may share a name if their kinds differ.
#[test]
fn of_two_with_one_name_the_one_that_fits_is_taken() {
    let prometheus = reporter_of([
        counter("graf_twice.job.stop.duration"),
        distribution("graf_twice.job.stop.duration"),
    ]);
    let builder = Dashboard::builder(&prometheus).duration("graf_twice.job.stop.duration");
    let view = View::new(builder);
    let duration = bare_exprs(view.panel("Duration")).concat();
    assert!(duration.starts_with("histogram_quantile("), "{duration}");
    let titles: Vec<&str> = view.panels().into_iter().map(title).collect();
    for title in [
        "graf_twice.job.stop.duration (counter)",
        "graf_twice.job.stop.duration (distribution)",
    ] {
        assert!(titles.contains(&title), "{titles:?}");
    }
}
