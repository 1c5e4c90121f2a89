//! Where we answer differently from the original on purpose.

use telemetry_metrics::{Aggregator, StartError, buckets, distribution};

use super::build;
use Promise::{Holds, Refused, StartFails, Text};

/// What is asserted of a case in place of its own text.
pub(super) enum Promise {
    /// This text, of our own families, after the last step; and these lines of self-metrics.
    Text(&'static str, &'static [&'static str]),
    /// The aggregator does not start.
    StartFails,
    /// The reporter cannot be built, for a reason that contains this.
    Refused(&'static str),
    /// Something the language of the cases has no words for.
    Holds(fn()),
}

/// Cases that are not answered as the original answers them, why, and how instead.
pub(super) const DIFFERENCES: &[(&str, &str, Promise)] = &[
    (
        "prom-006",
        "a missing tag does not lose the event; it is counted",
        Text(
            "# HELP http_request_total counter of prom-006.http.request\n\
             # TYPE http_request_total counter\n\
             http_request_total{method=\"post\"} 1\n",
            &["telemetry_metric_tags_missing_total{metric=\"http.request.total\"} 1"],
        ),
    ),
    (
        "prom-007",
        "as prom-006: with no tag at all the series has no labels",
        Text(
            "# HELP http_request_total counter of prom-007.http.request\n\
             # TYPE http_request_total counter\n\
             http_request_total 1\n",
            &["telemetry_metric_tags_missing_total{metric=\"http.request.total\"} 1"],
        ),
    ),
    (
        "prom-010",
        "a float in a tag is written as Rust writes it",
        Text(
            "# HELP http_request_total counter of prom-010.http.request\n\
             # TYPE http_request_total counter\n\
             http_request_total{a=\"1000\"} 1\n",
            &[],
        ),
    ),
    (
        "prom-021",
        "a backslash is escaped",
        Text(
            "# HELP db_query_total counter of prom-021.db.query\n\
             # TYPE db_query_total counter\n\
             db_query_total{q=\"C:\\\\temp\"} 1\n",
            &[],
        ),
    ),
    (
        "prom-023",
        "a newline is escaped",
        Text(
            "# HELP db_query_total counter of prom-023.db.query\n\
             # TYPE db_query_total counter\n\
             db_query_total{q=\"line1\\nline2\"} 1\n",
            &[],
        ),
    ),
    (
        "prom-027",
        "a backslash is escaped, in HELP too",
        Text(
            "# HELP db_query_total a\\\\b\n\
             # TYPE db_query_total counter\n\
             db_query_total 1\n",
            &[],
        ),
    ),
    (
        "prom-029",
        "a label that stands twice would cost the whole scrape",
        Refused("rename the tag"),
    ),
    (
        "prom-032",
        "a digit in front is kept, after a `_`",
        Text(
            "# HELP _123foo_bar_total counter of prom-032.123foo.bar\n\
             # TYPE _123foo_bar_total counter\n\
             _123foo_bar_total 1\n",
            &[],
        ),
    ),
    (
        "prom-033",
        "a `_` in front is valid, so it stays",
        Text(
            "# HELP _foo_bar_total counter of prom-033._foo.bar\n\
             # TYPE _foo_bar_total counter\n\
             _foo_bar_total 1\n",
            &[],
        ),
    ),
    (
        "prom-035",
        "names are letters, digits, `_` and `-`",
        StartFails,
    ),
    (
        "prom-036",
        "digits are kept, so the name is not empty",
        Text(
            "# HELP _123_456 counter of prom-036.123\n\
             # TYPE _123_456 counter\n\
             _123_456 1\n",
            &[],
        ),
    ),
    (
        "prom-052",
        "what only grows is not made to fall: the number is skipped and counted",
        Text(
            "# HELP cache_x_total sum of total of prom-052.cache.x\n\
             # TYPE cache_x_total counter\n\
             cache_x_total 5\n",
            &["telemetry_metric_skipped_total{metric=\"cache.x.total\",reason=\"negative\"} 1"],
        ),
    ),
    (
        "prom-053",
        "sums take fractions",
        Text(
            "# HELP http_request_cost sum of cost of prom-053.http.request\n\
             # TYPE http_request_cost counter\n\
             http_request_cost 2.5\n",
            &[],
        ),
    ),
    ("prom-064", "bounds ascend strictly", StartFails),
    (
        "prom-070",
        "units divide by integers, so 300 ms are 0.3 s",
        Text(
            "# HELP http_request_duration_seconds \
             distribution of duration of prom-070.http.request\n\
             # TYPE http_request_duration_seconds histogram\n\
             http_request_duration_seconds_bucket{le=\"0.1\"} 0\n\
             http_request_duration_seconds_bucket{le=\"0.5\"} 1\n\
             http_request_duration_seconds_bucket{le=\"1\"} 1\n\
             http_request_duration_seconds_bucket{le=\"+Inf\"} 1\n\
             http_request_duration_seconds_sum 0.3\n\
             http_request_duration_seconds_count 1\n",
            &[],
        ),
    ),
    (
        "prom-076",
        "a range is written `buckets::linear`, and works",
        Holds(|| assert_eq!(bounds_of(buckets::linear(100.0, 100.0, 3)), Ok(3))),
    ),
    (
        "prom-077",
        "as prom-076: one that descends does not start",
        Holds(|| {
            let descending = bounds_of(buckets::linear(300.0, -100.0, 3));
            assert!(matches!(descending, Err(StartError::Definitions(_))));
        }),
    ),
    (
        "prom-080",
        "summaries are supported",
        Text(
            "# HELP http_request_duration summary of duration of prom-080.http.request\n\
             # TYPE http_request_duration summary\n\
             http_request_duration_sum 1\n\
             http_request_duration_count 1\n\
             # HELP http_request_total counter of prom-080.http.request\n\
             # TYPE http_request_total counter\n\
             http_request_total 1\n",
            &[],
        ),
    ),
    (
        "prom-081",
        "a definition is not dropped silently",
        Refused("rename one of them"),
    ),
    (
        "prom-083",
        "families stand in the order of their definitions",
        Text(
            "# HELP a_first counter of prom-083.a\n\
             # TYPE a_first counter\n\
             a_first 1\n\
             # HELP b_second counter of prom-083.b\n\
             # TYPE b_second counter\n\
             b_second 1\n\
             # HELP c_third counter of prom-083.c\n\
             # TYPE c_third counter\n\
             c_third 1\n",
            &[],
        ),
    ),
    (
        "prom-092",
        "text as a measurement does not compile; what remains is an absent one, and it is counted",
        Text(
            "",
            &["telemetry_metric_skipped_total{metric=\"http.request.size\",reason=\"missing\"} 1"],
        ),
    ),
    (
        "prom-095",
        "keys are strings",
        Text(
            "# HELP http_request_size last value of size of prom-095.http.request\n\
             # TYPE http_request_size gauge\n\
             http_request_size 1\n",
            &[],
        ),
    ),
    (
        "prom-097",
        "every value has a text, and a scrape cannot fail",
        Text(
            "# HELP http_request_errors counter of prom-097.http.request\n\
             # TYPE http_request_errors counter\n\
             http_request_errors{reason=\"\
             Array [Object {\\\"$\\\": String(\\\"atom\\\"), \\\"v\\\": String(\\\"a\\\")}]\"} 1\n",
            &[],
        ),
    ),
    (
        "prom-100",
        "predicates see the whole event",
        Text(
            "# HELP http_request_total counter of prom-100.http.request\n\
             # TYPE http_request_total counter\n\
             http_request_total 2\n",
            &[],
        ),
    ),
    (
        "prom-101",
        "a function that takes keys is the list of them",
        Text(
            "# HELP http_request_total counter of prom-101.http.request\n\
             # TYPE http_request_total counter\n\
             http_request_total{method=\"GET\"} 1\n",
            &[],
        ),
    ),
    (
        "prom-103",
        "as prom-053, and the sibling is not affected either",
        Text(
            "# HELP http_request_cost sum of cost of prom-103.http.request\n\
             # TYPE http_request_cost counter\n\
             http_request_cost 1.5\n\
             # HELP http_request_total counter of prom-103.http.request\n\
             # TYPE http_request_total counter\n\
             http_request_total 2\n",
            &[],
        ),
    ),
    (
        "prom-104",
        "as prom-070: 300 ms fall into the bucket of 0.3 s",
        Text(
            "# HELP http_request_duration_seconds \
             distribution of duration of prom-104.http.request\n\
             # TYPE http_request_duration_seconds histogram\n\
             http_request_duration_seconds_bucket{le=\"0.1\"} 0\n\
             http_request_duration_seconds_bucket{le=\"0.3\"} 1\n\
             http_request_duration_seconds_bucket{le=\"0.5\"} 1\n\
             http_request_duration_seconds_bucket{le=\"+Inf\"} 1\n\
             http_request_duration_seconds_sum 0.3\n\
             http_request_duration_seconds_count 1\n",
            &[],
        ),
    ),
];

/// How many bounds the definition has, if it starts.
fn bounds_of(bounds: Vec<f64>) -> Result<usize, StartError> {
    let metric = distribution("prom_vectors.bounds.size").buckets(bounds);
    let aggregator = Aggregator::builder().metrics([metric]).start()?;
    if let Err(error) = build(&aggregator) {
        panic!("{error}");
    }
    Ok(aggregator.definitions()[0].bounds().len())
}
