//! The panels of the definitions: each has one, and it asks for what the reporter shows.

use std::collections::BTreeSet;
use std::time::Duration;

use telemetry::execute;
use telemetry_metrics::{Unit, counter, distribution, last_value, sum, summary};
use telemetry_prometheus::Prometheus;

use super::view::{View, bare_exprs, exprs, legends, reporter_of, title, unit};
use crate::support::{families, start};

#[test]
fn each_kind_has_its_panel() {
    let view = View::of(&reporter_of([
        counter("graf_kinds.stop.count").tags(["route", "http.status"]),
        sum("graf_kinds.stop.bytes").bytes(),
        sum("graf_kinds.stop.open").up_down(),
        last_value("graf_kinds.stop.size").tags(["disk"]),
        summary("graf_kinds.stop.queue_time").tags(["route"]),
        distribution("graf_kinds.stop.duration").tags(["route"]),
        distribution("graf_kinds.stop.items").buckets([1, 10]),
    ]));
    let bucket = "rate(graf_kinds_stop_duration_seconds_bucket[i])";
    let quantile = |q| format!("histogram_quantile({q}, sum by (le, route) ({bucket}))");
    let items = "rate(graf_kinds_stop_items_bucket[i])";
    let quantile_of_items = |q| format!("histogram_quantile({q}, sum by (le) ({items}))");
    let mean =
        |part| format!("sum by (route) (rate(graf_kinds_stop_queue_time_seconds_{part}[i]))");
    for (title, kind, shown_in, exprs, legend) in [
        (
            "graf_kinds.stop.count",
            "timeseries",
            "cps",
            vec![
                "sum by (route, http_status) (rate(graf_kinds_stop_count_total[i])) \
                 or on () vector(0)"
                    .to_owned(),
            ],
            vec!["{{route}} {{http_status}}"],
        ),
        (
            "graf_kinds.stop.bytes",
            "timeseries",
            "binBps",
            vec!["sum(rate(graf_kinds_stop_bytes_total[i])) or vector(0)".to_owned()],
            vec!["bytes"],
        ),
        (
            "graf_kinds.stop.open",
            "timeseries",
            "short",
            vec!["graf_kinds_stop_open".to_owned()],
            vec!["{{instance}}"],
        ),
        (
            "graf_kinds.stop.size",
            "timeseries",
            "short",
            vec!["graf_kinds_stop_size".to_owned()],
            vec!["{{disk}} {{instance}}"],
        ),
        (
            "graf_kinds.stop.queue_time",
            "timeseries",
            "s",
            vec![
                "max by (quantile, route) \
                 (graf_kinds_stop_queue_time_seconds{quantile!=\"\"})"
                    .to_owned(),
                format!("{} / {}", mean("sum"), mean("count")),
            ],
            vec!["quantile {{quantile}} {{route}}", "mean {{route}}"],
        ),
        (
            "graf_kinds.stop.duration",
            "timeseries",
            "s",
            vec![quantile("0.5"), quantile("0.95"), quantile("0.99")],
            vec!["p50 {{route}}", "p95 {{route}}", "p99 {{route}}"],
        ),
        (
            "graf_kinds.stop.duration: how many took which value",
            "heatmap",
            "s",
            vec!["sum by (le) (increase(graf_kinds_stop_duration_seconds_bucket[i]))".to_owned()],
            vec!["{{le}}"],
        ),
        (
            "graf_kinds.stop.items",
            "timeseries",
            "short",
            ["0.5", "0.95", "0.99"].map(quantile_of_items).into(),
            vec!["p50", "p95", "p99"],
        ),
    ] {
        let panel = view.panel(title);
        assert_eq!(panel["type"], kind, "{title}");
        assert_eq!(unit(panel), shown_in, "{title}");
        assert_eq!(bare_exprs(panel), exprs, "{title}");
        assert_eq!(legends(panel), legend, "{title}");
        // Where there are buckets there may be exemplars; once is enough.
        let targets = panel["targets"].as_array().unwrap().iter();
        let exemplars = targets.filter(|target| target["exemplar"] == true).count();
        let has_exemplars = kind == "timeseries" && exprs[0].starts_with("histogram");
        assert_eq!(exemplars, usize::from(has_exemplars), "{title}");
    }
}

#[test]
fn the_names_and_units_are_those_that_are_shown() {
    let metrics = || {
        [
            counter("graf_verbatim.stop.count"),
            sum("graf_verbatim.stop.items").option("prometheus_type", "gauge"),
            last_value("graf_verbatim.cache.total").unit((Unit::Byte, Unit::Megabyte)),
            last_value("graf_verbatim.cache.load").unit(Unit::Other("%")),
            distribution("graf_verbatim.stop.duration").unit(Unit::Millisecond),
        ]
    };
    let view = |verbatim: bool| {
        let aggregator = start(metrics());
        let builder = Prometheus::builder(&aggregator);
        let builder = if verbatim {
            builder.verbatim_names()
        } else {
            builder
        };
        View::of(&builder.build().unwrap())
    };
    let found = |view: &View, name: &str| {
        let panel = view.panel(name);
        (bare_exprs(panel)[0].clone(), unit(panel).to_owned())
    };
    let (plain, verbatim) = (view(false), view(true));
    for (name, plain_expected, verbatim_expected) in [
        (
            "graf_verbatim.stop.count",
            (
                "sum(rate(graf_verbatim_stop_count_total[i])) or vector(0)",
                "cps",
            ),
            ("sum(rate(graf_verbatim_stop_count[i])) or vector(0)", "cps"),
        ),
        (
            "graf_verbatim.stop.items",
            ("graf_verbatim_stop_items", "short"),
            ("graf_verbatim_stop_items", "short"),
        ),
        (
            "graf_verbatim.cache.total",
            ("graf_verbatim_cache_total_bytes", "bytes"),
            ("graf_verbatim_cache_total", "decmbytes"),
        ),
        (
            "graf_verbatim.cache.load",
            ("graf_verbatim_cache_load", "percent"),
            ("graf_verbatim_cache_load", "percent"),
        ),
        (
            "graf_verbatim.stop.duration",
            (
                "histogram_quantile(0.5, sum by (le) \
                 (rate(graf_verbatim_stop_duration_seconds_bucket[i])))",
                "s",
            ),
            (
                "histogram_quantile(0.5, sum by (le) (rate(graf_verbatim_stop_duration_bucket[i])))",
                "ms",
            ),
        ),
    ] {
        for (view, (expr, unit)) in [(&plain, plain_expected), (&verbatim, verbatim_expected)] {
            assert_eq!(
                found(view, name),
                (expr.to_owned(), unit.to_owned()),
                "{name}"
            );
        }
    }
}

/// The samples that a query asks for: the words before a `{`.
fn samples(expr: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = BTreeSet::new();
    for (at, _) in expr.match_indices('{') {
        let name = expr[..at]
            .rsplit(|c| !is_part(c))
            .next()
            .unwrap_or_default();
        found.insert(name.to_owned());
    }
    found
}

#[test]
fn each_definition_has_a_panel_and_each_query_asks_for_what_is_shown() {
    let aggregator = start(super::view::application("graf_shown"));
    for verbatim in [false, true] {
        let builder = Prometheus::builder(&aggregator);
        let builder = if verbatim {
            builder.verbatim_names()
        } else {
            builder
        };
        let prometheus = builder.build().unwrap();
        let duration = Duration::from_millis(20);
        execute!(
            "graf_shown.endpoint.stop",
            { duration, bytes: 17, change: 1 },
            { method: "GET", route: "/", status: 200, outcome: "ok" }
        );
        execute!("graf_shown.endpoint.exception", { duration }, { route: "/", outcome: "panic" });
        execute!(
            "graf_shown.repo.query",
            { total_time: duration, queue_time: duration },
            { source: "users", command: "select" }
        );
        execute!("graf_shown.memory", { total: 17 });
        execute!("graf_shown.cpu", { cumulative: duration });
        execute!("graf_shown.total_run_queue_lengths", { total: 3 });
        execute!("graf_shown.system_counts", { threads: 3 });
        execute!("graf_shown.endpoint", { change: 1 });
        let view = View::of(&prometheus);
        let definitions = aggregator.definitions().iter();
        for name in definitions.map(|definition| definition.name()) {
            assert!(!exprs(view.panel(name)).is_empty(), "{name}");
        }

        let families = families(&prometheus);
        let shown: BTreeSet<&str> = families
            .iter()
            .flat_map(|family| &family.samples)
            .map(|sample| &*sample.name)
            .collect();
        let asked: BTreeSet<String> = view
            .panels()
            .into_iter()
            .flat_map(exprs)
            .chain(view.marks().into_iter().map(|(_, expr)| expr))
            .flat_map(samples)
            .collect();
        for name in asked.iter().filter(|name| name.starts_with("graf_shown")) {
            // A summary's quantiles need a window that has passed.
            let is_quantiles = name.contains("repo_query_total_time");
            assert!(
                shown.contains(&**name) || is_quantiles,
                "{name} is not shown"
            );
        }
        for family in &families {
            let name = &family.name;
            let is_asked = asked.iter().any(|asked| asked.starts_with(&**name));
            assert!(is_asked, "nothing asks for {name}");
        }
    }
}

#[test]
fn descriptions_say_what_is_seen() {
    let view = View::of(&reporter_of([
        counter("graf_said.stop.count").description(" Parcels handed over \n"),
        distribution("graf_said.duration")
            .events(["graf_said.stop", "graf_said.exception"])
            .description(" "),
    ]));
    assert_eq!(
        view.panel("graf_said.stop.count")["description"],
        "Parcels handed over\n\nThe counter `graf_said.stop.count` of `graf_said.stop`, in \
         Prometheus `graf_said_stop_count_total`: how much per second"
    );
    assert_eq!(
        view.panel("graf_said.duration")["description"],
        "The distribution `graf_said.duration` of `graf_said.stop`, `graf_said.exception`, in \
         Prometheus `graf_said_duration_seconds`: p50, p95 and p99"
    );
    let own = view.panel("telemetry.metric.overflowed")["description"].as_str();
    assert!(
        own.unwrap()
            .starts_with("Events counted in the overflow series")
    );
}

#[test]
fn what_belongs_together_stands_in_a_row() {
    let view = View::of(&reporter_of([
        counter("graf_rows.web.stop.count"),
        last_value("graf_rows_vm.memory.total"),
        distribution("graf_rows.web.duration").event("graf_rows.web.stop"),
        counter("graf_rows_single.count").event("graf_rows_single"),
        last_value("graf_rows_vm.cpu.time"),
    ]));
    assert_eq!(
        view.rows()[1..],
        [
            "Runtime",
            "graf_rows.web",
            "graf_rows_vm",
            "graf_rows_single",
            "Telemetry itself"
        ]
    );
    let titles: Vec<&str> = view.row("graf_rows_vm").into_iter().map(title).collect();
    assert_eq!(
        titles,
        ["graf_rows_vm.memory.total", "graf_rows_vm.cpu.time"]
    );
    let titles: Vec<&str> = view.row("graf_rows.web").into_iter().map(title).collect();
    assert_eq!(
        titles,
        [
            "graf_rows.web.stop.count",
            "graf_rows.web.duration",
            "graf_rows.web.duration: how many took which value"
        ]
    );
}
