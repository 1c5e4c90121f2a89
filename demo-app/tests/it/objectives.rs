//! What is promised: what counts, what does not, and what fires in the process itself.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use demo_app::ops::LOAD_OBJECTIVES;
use demo_app::telemetry::{alarms, objectives};
use demo_app::{Config, LandingDelay};
use telemetry_metrics::Data;
use telemetry_slo::{AlertState, Severity, check};

use crate::support::visitor::{PASSWORD, Visitor};
use crate::support::{TestDemo, eventually};

/// How many events counted for an objective, and how many of them were good.
async fn counted(demo: &TestDemo, name: &str, valid: u64, good: u64) {
    let count =
        || async { ["valid", "good"].map(|side| demo.counted(&format!("slo.{name}.{side}"), &[])) };
    eventually(count, |count| count[0] >= valid).await;
    assert_eq!(count().await, [valid, good], "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_work_count_and_those_that_are_broken_on_purpose_do_not() {
    let demo = TestDemo::start().await;
    let mut visitor = Visitor::signed_up(demo.address(), "Promised").await;
    for path in [
        "/fail",
        "/panic",
        "/health",
        "/metrics",
        "/style.css",
        "/nothing",
    ] {
        demo.get(path).await;
    }
    // So far the form for signing up, and its being sent.
    counted(&demo, "site", 2, 2).await;
    let pages = [
        "/",
        "/users-fast",
        "/users-slow",
        "/activity",
        "/live",
        "/me",
        "/jobs",
    ];
    for path in pages {
        assert_eq!(visitor.get(path).await.status, 200, "{path}");
    }
    visitor.get("/jobs/state").await;
    visitor
        .submit("/me", "/me/todos", &[("title", "Keep it")])
        .await;
    // The page is asked for once more to get its form, here and below.
    visitor.submit("/me", "/log-out", &[]).await;
    visitor.log_in("Promised", PASSWORD).await;
    let asked = 2 + pages.len() as u64 + 1 + 2 + 2 + 2;
    counted(&demo, "site", asked, asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_that_is_promised_is_a_route() {
    let demo = TestDemo::start().await;
    let mut visitor = Visitor::signed_up(demo.address(), "Router").await;
    for route in LOAD_OBJECTIVES.iter().flat_map(|one| one.routes) {
        let path = route.replace("{id}", "1");
        let status = visitor.get(&path).await.status;
        // A form's place answers to nothing else.
        assert!(matches!(status, 200 | 303 | 405), "{route}: {status}");
    }
    let names = LOAD_OBJECTIVES.map(|one| one.name);
    for objective in objectives(&Config::default()) {
        let load = LOAD_OBJECTIVES
            .iter()
            .find(|load| load.name == objective.name());
        assert!(load.is_none_or(|load| load.target == objective.target_share()));
    }
    let known = objectives(&Config::default());
    assert!(
        names
            .iter()
            .all(|name| known.iter().any(|one| one.name() == *name))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_chaos_breaks_is_bad() {
    let chaos = "latency=300ms,errors=50%";
    let demo = TestDemo::with(Config {
        chaos: chaos.parse().expect("chaos"),
        ..Config::default()
    })
    .await;
    let asked = (0..10).map(|_| demo.get("/users-fast"));
    let answers = futures_util::future::join_all(asked).await;
    let good = answers.iter().filter(|reply| reply.status == 200).count() as u64;
    assert!((4..=6).contains(&good), "{good}");
    counted(&demo, "site", 10, good).await;
    // Failures are not late, they are no answers at all.
    assert_eq!(quick(&demo).await, (0, good));
}

/// How many requests were quick, and how many there were.
async fn quick(demo: &TestDemo) -> (u64, u64) {
    let times = || async {
        let snapshot = demo.aggregator().snapshot();
        match snapshot.find("slo.site_latency.duration", &[]) {
            // The threshold is the fourth bound.
            Some(Data::Distribution(times)) => (times.buckets[..4].iter().sum(), times.count),
            _ => (0, 0),
        }
    };
    eventually(times, |(_, all)| *all > 0).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_landing_page_that_is_delayed_is_no_quick_page() {
    let demo = TestDemo::with(Config {
        landing_delay_ms: "300-300".parse::<LandingDelay>().expect("a delay"),
        ..Config::default()
    })
    .await;
    demo.get("/").await;
    demo.get("/users-fast").await;
    counted(&demo, "site", 2, 2).await;
    assert_eq!(quick(&demo).await, (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_counts_unless_it_was_for_the_visitor_to_do_better() {
    let demo = TestDemo::start().await;
    let mut visitor = Visitor::new(demo.address());
    assert_eq!(visitor.sign_up("Twice", PASSWORD).await.status, 303);
    let mut visitor = Visitor::new(demo.address());
    assert_eq!(visitor.sign_up("Twice", PASSWORD).await.status, 409);
    assert_eq!(visitor.sign_up("Short", "x").await.status, 422);
    counted(&demo, "sign_ups", 1, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_counts_once_when_it_is_done_or_given_up() {
    let demo = TestDemo::with(Config {
        // Tried three times each.
        jobs_fail_percent: 100,
        ..Config::default()
    })
    .await;
    let mut visitor = Visitor::new(demo.address());
    for (kind, jobs) in [("resize_image", "3"), ("flaky", "2")] {
        let order = [("kind", kind), ("jobs", jobs), ("label", "")];
        assert_eq!(visitor.submit("/jobs", "/jobs", &order).await.status, 303);
    }
    counted(&demo, "jobs", 5, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_counts_whether_it_arrives_or_not() {
    let demo = TestDemo::with(Config {
        upstream_fail_percent: 100,
        ..Config::default()
    })
    .await;
    assert!(demo.get("/quote").await.status >= 500);
    counted(&demo, "quotes", 1, 0).await;
    // It is no page of ours that fails.
    assert_eq!(demo.counted("slo.site.valid", &[]), 0);
}

#[test]
fn whatever_the_speed_objectives_and_alarms_are_right() {
    for slo_speed in [1, 2, 7, 60, 720] {
        let config = Config {
            slo_speed,
            ..Config::default()
        };
        let (objectives, alarms) = (objectives(&config), alarms(&config));
        check(&objectives, &alarms).unwrap_or_else(|error| panic!("{slo_speed}: {error}"));
        let hour = Duration::from_secs(3_600) / slo_speed;
        let long = objectives[0].alerts().alerts()[0].long;
        assert!(long.abs_diff(hour) < Duration::from_millis(1), "{long:?}");
    }
}

/// At which five minutes are half a second.
const FASTEST: u32 = 720;

#[tokio::test(flavor = "multi_thread")]
async fn chaos_fires_what_it_breaks_and_nothing_else_and_its_end_resolves_that() {
    let demo = TestDemo::with(Config {
        chaos: "latency=300ms,errors=50%,for=4s".parse().expect("chaos"),
        slo_speed: FASTEST,
        ..Config::default()
    })
    .await;
    let visit = async || {
        let pages = ["/", "/users-fast", "/activity", "/jobs"];
        let answers = pages.iter().cycle().take(12).map(|page| demo.get(page));
        futures_util::future::join_all(answers).await;
        let report = demo.slo().report();
        let firing = report.objectives.iter();
        let firing = firing.filter(|one| one.severity() == Some(Severity::Page));
        let names: Vec<String> = firing.map(|one| one.name.clone()).collect();
        (names, report)
    };
    let (_, report) = eventually(&visit, |(names, _)| *names == ["site", "site-latency"]).await;
    for one in &report.objectives {
        assert_eq!(one.is_firing(), one.name.starts_with("site"), "{one:?}");
    }
    assert!(
        report
            .alarms
            .iter()
            .all(|alarm| alarm.state != AlertState::Firing)
    );
    eventually(&visit, |(names, _)| names.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_an_event_with_its_trace_is_counted_and_raises_an_alarm() {
    let demo = TestDemo::with(Config {
        slo_speed: 60,
        ..Config::default()
    })
    .await;
    let traces = Arc::new(Mutex::new(Vec::new()));
    let seen = traces.clone();
    let _guard = telemetry::attach("test-objectives-panic", "process.panic", move |event| {
        let trace = event
            .context()
            .map(|context| context.trace_id().to_string());
        seen.lock().unwrap().push(trace);
    })
    .unwrap()
    .guard();
    let fired = Arc::new(Mutex::new(Vec::new()));
    let seen = fired.clone();
    let _alarms = telemetry::attach(
        "test-objectives-alarm",
        "telemetry.alarm.firing",
        move |event| {
            let text = |key| event.metadata(key).map(|text| text.to_string());
            seen.lock().unwrap().push((text("alarm"), text("severity")));
        },
    )
    .unwrap()
    .guard();

    let began = Instant::now();
    let page = demo.get("/panic").await;
    let wanted = (Some("Panics".to_owned()), Some("ticket".to_owned()));
    let alarms = eventually(
        async || fired.lock().unwrap().clone(),
        |all| all.contains(&wanted),
    )
    .await;
    assert_eq!(alarms, [wanted], "after {:?}", began.elapsed());
    let told = || traces.lock().unwrap().clone();
    let [Some(trace)] = &told()[..] else {
        panic!("{:?}", told());
    };
    // The visitor sees the same.
    assert!(page.body.contains(trace.as_str()), "{}", page.body);
    // A job has a trace of its own.
    let job = [("kind", "crash"), ("jobs", "1"), ("label", "")];
    Visitor::new(demo.address())
        .submit("/jobs", "/jobs", &job)
        .await;
    let all = eventually(async || told(), |all| all.len() == 2).await;
    assert!(all[1].is_some() && all[1] != all[0], "{all:?}");
    let counted = async || {
        let snapshot = demo.aggregator().snapshot();
        let mut families = snapshot.families.iter();
        let panics = families.find(|one| one.definition.name() == "process.panic.count");
        let series = panics.expect("a counter").series.iter();
        let counts = series.map(|one| match &one.data {
            Data::Counter(count) => *count,
            _ => 0,
        });
        counts.collect::<Vec<_>>()
    };
    eventually(counted, |places| *places == [1, 1]).await;
    let report = demo.slo().report();
    let panics = report.alarm("Panics").expect("an alarm");
    assert_eq!(panics.state, AlertState::Firing, "{panics:?}");
    let runbook = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/runbooks/panics.md");
    assert!(std::path::Path::new(runbook).exists());
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/ops/prometheus/rules.yml");
    let rules = std::fs::read_to_string(rules).expect("the rules");
    assert!(rules.contains("docs/runbooks/panics.md"));
}
