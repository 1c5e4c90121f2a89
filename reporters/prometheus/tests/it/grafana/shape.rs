//! The dashboard as a whole: places, numbers, variables, the same text every time.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use telemetry_metrics::{Aggregator, counter, distribution, last_value};
use telemetry_prometheus::Prometheus;
use telemetry_prometheus::grafana::{Dashboard, GrafanaError, Panel, dashboard};

use super::view::{View, application, reporter_of};

fn place(panel: &Json) -> [u64; 4] {
    ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().expect("a whole number"))
}

fn assert_places(view: &View) {
    let open = view.0["panels"].as_array().unwrap();
    let folded = open.last().unwrap()["panels"].as_array().unwrap();
    assert!(!folded.is_empty());
    for panels in [open, folded] {
        for (at, panel) in panels.iter().enumerate() {
            let [x, y, w, h] = place(panel);
            assert!(w > 0 && h > 0 && x + w <= 24, "{panel}");
            for other in &panels[at + 1..] {
                let [ox, oy, ow, oh] = place(other);
                let apart = x + w <= ox || ox + ow <= x || y + h <= oy || oy + oh <= y;
                assert!(apart, "{:?} and {:?}", place(panel), place(other));
                assert!((oy, ox) > (y, x), "they stand in the order of the list");
            }
        }
    }
}

fn assert_ids(view: &View) {
    let ids: Vec<u64> = view
        .all()
        .iter()
        .map(|panel| panel["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    for panel in view.panels() {
        let targets = panel["targets"].as_array().unwrap();
        let ids: BTreeSet<&str> = targets
            .iter()
            .map(|target| target["refId"].as_str().unwrap())
            .collect();
        assert_eq!(ids.len(), targets.len());
    }
}

#[test]
fn panels_do_not_overlap_and_have_numbers_of_their_own() {
    let prometheus = reporter_of(application("graf_grid"));
    assert_places(&View::of(&prometheus));
    assert_ids(&View::of(&prometheus));

    let odd = |at: u32| {
        let panel = Panel::time_series(format!("{at}"))
            .width(at * 7 % 30)
            .height(at * 5 % 50);
        (0..at).fold(panel, |panel, n| panel.query(format!("vector({n})"), ""))
    };
    let mut builder = Dashboard::builder(&prometheus);
    for at in 0..40 {
        builder = match at % 4 {
            0 => builder.panel(odd(at)),
            1 => builder.row("empty", []),
            _ => builder.row(format!("{at}"), (0..at).map(odd)),
        };
    }
    let view = View::new(builder);
    assert_places(&view);
    assert_ids(&view);
}

/// Also where lists are such that two panels that belong together would be on two lines.
#[test]
fn a_heat_map_stands_beside_its_quantiles() {
    for before in 0..5 {
        let mut metrics: Vec<_> = (0..before)
            .map(|n| last_value(format!("graf_beside.a.v{n}")))
            .collect();
        for n in 0..3 {
            metrics.push(distribution(format!("graf_beside.a.d{n}")).buckets([1]));
            metrics.extend((0..n).map(|m| counter(format!("graf_beside.a.c{n}_{m}"))));
        }
        let view = View::of(&reporter_of(metrics));
        assert_places(&view);
        for n in 0..3 {
            let name = format!("graf_beside.a.d{n}");
            let [x, y, w, _] = place(view.panel(&name));
            let right = place(view.panel(&format!("{name}: how many took which value")));
            assert_eq!([right[0], right[1]], [x + w, y], "{before} {name}");
        }
    }
}

#[test]
fn the_same_definitions_give_the_same_text() {
    let text = || dashboard(&reporter_of(application("graf_same")), "Shop");
    let first = text();
    assert_eq!(first, text());
    assert!(first.starts_with("{\n  \"uid\": \"telemetry-"));
    assert!(first.ends_with("\n}\n"));
    let read: Json = serde_json::from_str(&first).unwrap();
    assert_eq!(read["title"], "Shop");
    assert_eq!(read["tags"], serde_json::json!(["telemetry"]));
}

#[test]
fn the_uid_comes_from_the_title_and_is_one() {
    let prometheus = reporter_of([]);
    let uid = |title: &str| {
        let uid = View::read(&dashboard(&prometheus, title)).0["uid"].clone();
        uid.as_str().unwrap().to_owned()
    };
    assert_eq!(uid("Shop"), uid("Shop"));
    assert_eq!(uid("Shop"), uid(" Shop "));
    assert_ne!(uid("Shop"), uid("shop"));
    for title in ["", "Shop", "größe \"\\$x", &"long".repeat(1000)] {
        let uid = uid(title);
        assert!(uid.len() <= 40 && !uid.is_empty(), "{uid}");
        assert!(
            uid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'),
            "{uid}"
        );
    }
    assert_eq!(
        View::read(&dashboard(&prometheus, " \n")).0["title"],
        "Telemetry"
    );
}

#[test]
fn settings_are_taken_or_refused() {
    let prometheus = reporter_of([]);
    let builder = || Dashboard::builder(&prometheus);
    let dashboard = builder()
        .uid("shop-1_A")
        .tags(["shop", "prod"])
        .description("For those on call")
        .build()
        .unwrap();
    assert_eq!(dashboard.uid(), "shop-1_A");
    let read = View::read(&dashboard.to_json()).0;
    assert_eq!(read["uid"], "shop-1_A");
    assert_eq!(read["tags"], serde_json::json!(["shop", "prod"]));
    assert_eq!(read["description"], "For those on call");
    for uid in ["", "a b", "ü", "a/b", "$x", &"a".repeat(41)] {
        let error = builder().uid(uid).build().unwrap_err();
        assert_eq!(error, GrafanaError::Uid(uid.to_owned()));
    }
}

/// A query's variables, by their names.
fn variables(view: &View) -> Vec<(&str, &str)> {
    let list = view.0["templating"]["list"].as_array().unwrap().iter();
    list.map(|variable| {
        let query = variable["query"]["query"].as_str();
        let query = query.or_else(|| variable["query"].as_str());
        (variable["name"].as_str().unwrap(), query.unwrap())
    })
    .collect()
}

#[test]
fn there_is_a_choice_of_data_source_job_instance_and_constant_tags() {
    let aggregator = Aggregator::builder()
        .metrics([
            last_value("graf_choice.b.c"),
            counter("graf_choice.a.stop.count").tags(["x"]),
        ])
        .constant_tag("env", "prod")
        .constant_tag("k8s.pod", "")
        .start()
        .unwrap();
    let view = View::of(&Prometheus::new(&aggregator).unwrap());
    let anchor = "telemetry_metric_series{metric=\"graf_choice.a.stop.count\"";
    let narrowed = format!("{anchor},job=~\"$job\",instance=~\"$instance\"}}");
    assert_eq!(
        variables(&view),
        [
            ("datasource", "prometheus"),
            ("job", &*format!("label_values({anchor}}}, job)")),
            (
                "instance",
                &*format!("label_values({anchor},job=~\"$job\"}}, instance)")
            ),
            ("env", &*format!("label_values({narrowed}, env)")),
            ("k8s_pod", &*format!("label_values({narrowed}, k8s_pod)")),
        ]
    );
    for panel in view.panels() {
        assert_eq!(panel["datasource"]["uid"], "${datasource}");
        for expr in super::view::exprs(panel) {
            let chosen =
                "job=~\"$job\",instance=~\"$instance\",env=~\"$env\",k8s_pod=~\"$k8s_pod\"}";
            assert!(expr.contains(chosen), "{expr}");
        }
    }
    // Where nothing is tagged, there is still what every reporter shows.
    let view = View::of(&reporter_of([last_value("graf_choice.b.c")]));
    let anchor = "telemetry_reporter_sent_total{reporter=\"prometheus\"}";
    assert_eq!(
        variables(&view)[1].1,
        format!("label_values({anchor}, job)")
    );
}

#[test]
fn labels_that_the_server_sets_itself_are_asked_for_as_it_stores_ours() {
    let aggregator = Aggregator::builder()
        .metrics([counter("graf_stored.stop.count").tags(["job", "instance", "datasource_label"])])
        .constant_tag("datasource", "x")
        .start()
        .unwrap();
    let view = View::of(&Prometheus::new(&aggregator).unwrap());
    let panel = view.panel("graf_stored.stop.count");
    let expr = super::view::exprs(panel)[0];
    assert_eq!(
        expr,
        "sum by (exported_job, exported_instance, datasource_label) \
         (rate(graf_stored_stop_count_total{job=~\"$job\",instance=~\"$instance\",\
         datasource=~\"$datasource_label\"}[$__rate_interval])) or on () vector(0)"
    );
    let legend = super::view::legends(panel);
    assert_eq!(
        legend,
        ["{{exported_job}} {{exported_instance}} {{datasource_label}}"]
    );
    assert_eq!(variables(&view)[3].0, "datasource_label");

    let aggregator = Aggregator::builder()
        .constant_tag("job", "x")
        .start()
        .unwrap();
    let view = View::of(&Prometheus::new(&aggregator).unwrap());
    assert_eq!(variables(&view)[3].0, "exported_job");
}
