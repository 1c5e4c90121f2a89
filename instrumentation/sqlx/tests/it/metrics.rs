//! The definitions that we ship, against what we emit.

use sqlx::Executor;
use telemetry_metrics::{Aggregator, Check, Data, sum};
use telemetry_prometheus::Prometheus;

use crate::support::users;

#[tokio::test]
async fn the_definitions_fit_the_events() {
    let aggregator = Aggregator::builder()
        .metrics(telemetry_sqlx::metrics("metrics.fit"))
        .check_definitions(Check::Deny)
        .start()
        .unwrap_or_else(|error| panic!("{error}"));
    let pool = users("metrics.fit").await.repo("people");
    pool.fetch_all("SELECT * FROM users").await.unwrap();
    pool.execute("SELECT * FROM nowhere").await.unwrap_err();
    let mut transaction = pool.begin().await.unwrap();
    transaction.begin().await.unwrap().commit().await.unwrap();
    transaction.execute("DELETE FROM users").await.unwrap();
    transaction.commit().await.unwrap();
    drop(pool.begin().await.unwrap());
    let held = pool.acquire().await.unwrap();
    pool.emit_figures();
    drop(held);

    let snapshot = aggregator.snapshot();
    let count = |name: &str, tags: &[(&str, &str)]| match snapshot.find(name, tags) {
        Some(Data::Counter(count)) => *count,
        other => panic!("{name} {tags:?}: {other:?}"),
    };
    let repo = ("repo", "people");
    let select = [
        repo,
        ("source", "users"),
        ("command", "SELECT"),
        ("outcome", "ok"),
    ];
    assert_eq!(count("metrics.fit.query.count", &select), 1);
    let ends = |ended| count("metrics.fit.transaction.count", &[repo, ("ended", ended)]);
    assert_eq!((ends("committed"), ends("dropped")), (1, 1), "no savepoint");

    let text = Prometheus::new(&aggregator).unwrap().render();
    for line in [
        "metrics_fit_query_total_time_seconds_count{repo=\"people\",system=\"sqlite\",source=\"users\",command=\"DELETE\"} 1",
        "metrics_fit_query_rows_total{repo=\"people\",source=\"users\",command=\"SELECT\",outcome=\"ok\"} 3",
        "metrics_fit_query_queue_time_seconds_count{repo=\"people\"} 3",
        "metrics_fit_transaction_duration_seconds_count{repo=\"people\",ended=\"committed\"} 1",
        "metrics_fit_pool_size{repo=\"people\"} 1",
        "metrics_fit_pool_in_use{repo=\"people\"} 1",
        "metrics_fit_pool_idle{repo=\"people\"} 0",
        "metrics_fit_pool_waiting{repo=\"people\"} 0",
        "metrics_fit_pool_max{repo=\"people\"} 1",
    ] {
        assert!(text.lines().any(|own| own == line), "{line}\n\n{text}");
    }
}

#[test]
fn a_slip_in_the_name_of_a_measurement_is_found() {
    let error = Aggregator::builder()
        .metrics([
            sum("metrics.slip.query.totalTime"),
            sum("metrics.slip.transaction.statemnets"),
        ])
        .check_definitions(Check::Deny)
        .start()
        .unwrap_err()
        .to_string();
    assert!(error.contains("did you mean `total_time`?"), "{error}");
    assert!(error.contains("did you mean `statements`?"), "{error}");
}
