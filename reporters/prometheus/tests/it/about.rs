//! What is said of the process itself: its start, its build.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use telemetry_metrics::{Aggregator, Kind, counter, last_value};
use telemetry_prometheus::{FamilyProblem, Format, Problem, Prometheus, PrometheusError};

use crate::support::{Directory, families, reporter, sample, start};
use crate::{open, strict};

const START: &str = "process_start_time_seconds";

#[test]
fn the_start_is_a_time_before_now_and_the_same_for_all() {
    let aggregator = start([]);
    let started = sample(&families(&reporter(&aggregator)), START, &[]).expect("it is shown");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let ago = now.as_secs_f64() - started;
    assert!((0.0..86_400.0).contains(&ago), "{ago}");
    let again = sample(&families(&reporter(&aggregator)), START, &[]);
    assert_eq!(again, Some(started));
}

#[test]
fn in_openmetrics_it_has_its_unit_and_the_build_is_an_info() {
    let aggregator = Aggregator::builder()
        .constant_tag("env", "prod")
        .start()
        .unwrap();
    let prometheus = Prometheus::builder(&aggregator)
        .build_info(
            "my-shop",
            [
                ("version", "1.0 \"x\"\\\n"),
                ("revision", ""),
                ("rustc", "1.95"),
            ],
        )
        .build()
        .unwrap();
    let labels = r#"{env="prod",version="1.0 \"x\"\\\n",rustc="1.95"}"#;
    let sample = format!("\nmy_shop_build_info{labels} 1\n");
    let text = prometheus.render();
    strict::parse(&text).expect("valid text");
    assert!(text.ends_with(&sample), "{text}");
    assert!(text.contains("# TYPE my_shop_build_info gauge\n"));
    assert!(text.contains("\nprocess_start_time_seconds{env=\"prod\"} 1"));
    let text = prometheus.render_openmetrics();
    open::parse(&text).expect("valid OpenMetrics");
    assert!(text.ends_with(&format!("{sample}# EOF\n")), "{text}");
    for head in [
        "# TYPE my_shop_build info\n",
        "# TYPE process_start_time_seconds gauge\n# UNIT process_start_time_seconds seconds\n",
    ] {
        assert!(text.contains(head), "{text}");
    }
}

#[test]
fn the_start_can_be_left_out_and_a_definition_of_that_name_is_shown_instead() {
    let aggregator = start([]);
    let without = Prometheus::builder(&aggregator)
        .process_start_time(false)
        .build()
        .unwrap();
    assert!(!without.render().contains("process_"));

    let aggregator = start([last_value("process.start_time")
        .event("about.start")
        .seconds()]);
    let prometheus = reporter(&aggregator);
    assert!(!prometheus.render().contains("process_"));
    telemetry::execute!("about.start", { start_time: Duration::from_secs(17) });
    assert_eq!(sample(&families(&prometheus), START, &[]), Some(17.0));
}

/// The node exporter has a start of its own, and refuses all if there are two.
#[test]
fn a_textfile_has_the_build_and_no_start() {
    let aggregator = start([]);
    let prometheus = Prometheus::builder(&aggregator)
        .build_info("about_job", [("version", "7")])
        .build()
        .unwrap();
    let directory = Directory::new("about");
    let file = directory.path().join("about.prom");
    prometheus.write_textfile(&file).unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains("\nabout_job_build_info{version=\"7\"} 1\n"));
    assert!(!text.contains(START));
    assert!(prometheus.render_as(Format::Text).contains(START));
}

/// What is wrong with a build of this program and these labels.
fn problems(aggregator: &Aggregator, program: &str, labels: &[(&str, &str)]) -> Vec<Problem> {
    let labels = labels.iter().copied();
    let built = Prometheus::builder(aggregator)
        .build_info(program, labels)
        .build();
    let problems = match built.map(|_| ()) {
        Ok(()) => Vec::new(),
        Err(PrometheusError::Definitions(problems)) => problems,
        Err(other) => panic!("{other}"),
    };
    let of_build = |found: FamilyProblem| {
        assert_eq!(found.metric, "build_info");
        found.problem
    };
    problems.into_iter().map(of_build).collect()
}

#[test]
fn a_build_that_would_make_the_text_wrong_is_refused() {
    let aggregator = Aggregator::builder()
        .metrics([
            last_value("about_a.build_info").event("about.taken"),
            counter("about_b.build").event("about.taken"),
        ])
        .constant_tag("env", "prod")
        .start()
        .unwrap();
    let found = |program, labels| problems(&aggregator, program, labels);
    assert_eq!(found("about", &[("version", "1"), ("a.b", "x")]), []);
    assert_eq!(found(" ", &[]), [Problem::NoProgram]);
    let text = |text: &str| text.to_owned();
    assert_eq!(
        found(
            "about",
            &[
                ("__x", "1"),
                ("env", "x"),
                ("a.b", "1"),
                ("a_b", "2"),
                ("", "3")
            ]
        ),
        [
            Problem::HiddenLabel {
                tag: text("__x"),
                label: text("__x")
            },
            Problem::ConstantLabel {
                tag: text("env"),
                constant: text("env"),
                label: text("env")
            },
            Problem::SameLabel {
                first: text("a.b"),
                second: text("a_b"),
                label: text("a_b")
            },
            Problem::HiddenLabel {
                tag: text(""),
                label: text("")
            },
        ]
    );
    let taken = |sample: &str, other: &str, kind, format| Problem::NameTaken {
        sample: text(sample),
        other: text(other),
        kind,
        format,
    };
    assert_eq!(
        found("about_a", &[]),
        [taken(
            "about_a_build_info",
            "about_a.build_info",
            Kind::LastValue,
            Format::Text
        )]
    );
    assert_eq!(
        found("about_b", &[]),
        [taken(
            "about_b_build",
            "about_b.build",
            Kind::Counter,
            Format::OpenMetrics
        )]
    );
}
