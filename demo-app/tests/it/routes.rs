//! Every route, what it answers, and what is counted of it.

use demo_app::Config;
use demo_app::telemetry::metrics;

use crate::support::{TestDemo, eventually};

const ROUTES: [(&str, u16); 10] = [
    ("/", 200),
    ("/sign-up", 200),
    ("/log-in", 200),
    ("/me", 303),
    ("/users-fast", 200),
    ("/users-slow", 200),
    ("/fail", 500),
    ("/panic", 500),
    ("/health", 200),
    ("/metrics", 200),
];

#[tokio::test]
async fn every_route_answers() {
    let demo = TestDemo::start().await;
    for (path, status) in ROUTES {
        assert_eq!(demo.get(path).await.status, status, "{path}");
    }
    assert!(demo.get("/").await.body.contains("/users-slow"));
    let (fast, slow) = (demo.get("/users-fast").await, demo.get("/users-slow").await);
    assert!(fast.body.contains("Ada") && fast.body.contains("Prove the lemma"));
    let table = |body: &str| body[body.find("<table>").unwrap()..].to_owned();
    assert_eq!(
        table(&fast.body),
        table(&slow.body),
        "both pages show the same"
    );
}

#[tokio::test]
async fn after_every_route_each_definition_of_requests_queries_and_the_process_has_a_series() {
    let demo = TestDemo::start().await;
    for (path, _) in ROUTES {
        demo.get(path).await;
    }
    // No page needs a transaction unless something is written.
    let of_routes = [
        "demo.endpoint.",
        "demo.repo.query.",
        "demo.repo.pool.",
        "vm.",
    ];
    for metric in metrics() {
        let name = metric.name();
        if !of_routes.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let series = || async {
            let snapshot = demo.aggregator().snapshot();
            let family = snapshot
                .families
                .iter()
                .find(|family| family.definition.name() == name);
            family.map_or(0, |family| family.series.len())
        };
        eventually(series, |series| *series > 0).await;
    }
}

#[tokio::test]
async fn an_unknown_route_is_counted_as_unmatched_and_not_by_its_path() {
    let demo = TestDemo::start().await;
    for n in 0..50 {
        assert_eq!(demo.get(&format!("/wp-admin/{n}.php")).await.status, 404);
    }
    demo.requests("unmatched", "404", "ok", 50).await;
    assert!(!demo.get("/metrics").await.body.contains("wp-admin"));
}

#[tokio::test]
async fn a_failure_is_counted_as_an_error() {
    let demo = TestDemo::start().await;
    assert_eq!(demo.get("/fail").await.status, 500);
    demo.requests("/fail", "500", "error", 1).await;
    demo.requests("/fail", "500", "ok", 0).await;
}

#[tokio::test]
async fn a_panic_is_one_exception_and_no_stop_and_the_server_lives() {
    let demo = TestDemo::start().await;
    let reply = demo.get("/panic").await;
    assert_eq!(reply.status, 500);
    assert!(
        !reply.body.contains("was asked for"),
        "the panic's message is not for visitors"
    );

    for _ in 0..100 {
        assert_eq!(demo.get("/users-fast").await.status, 200);
    }
    demo.requests("/users-fast", "200", "ok", 100).await;
    assert_eq!(
        demo.counted("demo.endpoint.exception.count", &[("route", "/panic")]),
        1
    );
    let snapshot = demo.aggregator().snapshot();
    for family in snapshot
        .families
        .iter()
        .filter(|f| f.definition.name() == "demo.endpoint.stop.count")
    {
        for series in &family.series {
            assert!(
                series
                    .tags(&family.definition)
                    .all(|tag| tag != ("route", "/panic"))
            );
        }
    }
}

#[tokio::test]
async fn a_telemetry_handler_that_panics_hurts_neither_requests_nor_counts() {
    let demo = TestDemo::start().await;
    let _guard = telemetry::attach("test-panics", "demo.endpoint.stop", |_| {
        panic!("on purpose")
    })
    .unwrap()
    .guard();
    for _ in 0..100 {
        assert_eq!(demo.get("/users-fast").await.status, 200);
    }
    demo.requests("/users-fast", "200", "ok", 100).await;
    let rows = telemetry::list_handlers("demo.endpoint.stop");
    let row = rows
        .iter()
        .find(|row| row.id == "test-panics")
        .expect("it is kept");
    // It rests after five in a row; how often it ran again depends on how long this takes.
    assert!(
        (5..100).contains(&row.failures) && row.resting_until.is_some(),
        "{row:?}"
    );
}

#[tokio::test]
async fn the_landing_page_takes_as_long_as_it_is_told() {
    let config = Config {
        landing_delay_ms: "60-80".parse().unwrap(),
        ..Config::default()
    };
    let demo = TestDemo::with(config).await;
    let started = std::time::Instant::now();
    assert_eq!(demo.get("/").await.status, 200);
    assert!(started.elapsed().as_millis() >= 60);
}

#[tokio::test]
async fn health_tells_how_the_reporters_fare() {
    let demo = TestDemo::start().await;
    demo.get("/metrics").await;
    let health: serde_json::Value =
        serde_json::from_str(&demo.get("/health").await.body).expect("JSON");
    assert_eq!(health["status"], "ok");
    let prometheus = &health["reporters"][0];
    assert_eq!(
        (&prometheus["reporter"], &prometheus["sent"]),
        (&"prometheus".into(), &1.into())
    );
}

#[tokio::test]
async fn metrics_are_prometheus_text() {
    let demo = TestDemo::start().await;
    demo.get("/users-slow").await;
    let reply = demo.get("/metrics").await;
    assert!(
        reply
            .head
            .contains("content-type: text/plain; version=0.0.4"),
        "{}",
        reply.head
    );
    for line in [
        "demo_endpoint_stop_count_total{method=\"GET\",route=\"/users-slow\",status=\"200\",outcome=\"ok\"} 1",
        "demo_repo_query_total_time_seconds_count{system=\"sqlite\",source=\"todo_items\",command=\"SELECT\"} 20",
        "demo_repo_query_queue_time_seconds_count{source=\"users\",command=\"SELECT\"} 1",
    ] {
        assert!(
            reply.body.lines().any(|own| own == line),
            "{line}\n{}",
            reply.body
        );
    }
}

/// What keeps browsers from doing what no page here needs.
#[tokio::test]
async fn every_answer_says_what_a_browser_may_do_with_it() {
    let demo = TestDemo::start().await;
    let paths = ROUTES.iter().map(|(path, _)| *path);
    for path in paths.chain(["/no-such-page", "/style.css", "/log-out"]) {
        let reply = demo.get(path).await;
        for header in [
            "content-security-policy: default-src 'self';",
            "frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: same-origin",
        ] {
            assert!(reply.head.contains(header), "{path}: {}", reply.head);
        }
    }
}

#[tokio::test]
async fn pages_hold_no_script_and_no_style_of_their_own() {
    let demo = TestDemo::start().await;
    for (path, _) in ROUTES {
        let page = demo.get(path).await.body;
        for own in ["<script>", "<style", " style=", " onclick="] {
            assert!(!page.contains(own), "{path} holds {own}");
        }
    }
}

#[tokio::test]
async fn the_wrong_method_is_refused_in_style() {
    let demo = TestDemo::start().await;
    let reply = demo.get("/log-out").await;
    assert_eq!(reply.status, 405);
    assert!(reply.body.contains("/style.css"), "{}", reply.body);
}
