//! A real Prometheus that scrapes us, asked what the dashboard asks.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use telemetry::{EventName, execute};
use telemetry_metrics::{
    Aggregator, Metric, Unit, counter, distribution, last_value, sum, summary,
};
use telemetry_prometheus::grafana::{Dashboard, quoted};
use telemetry_prometheus::{Listener, Prometheus};

use super::traffic::{Traffic, more, traffic};
use super::view::{self, View, application, exprs, title};
use crate::client::DEADLINE;
use crate::servers::{Server, encoded};
use crate::support::Directory;

/// A query as Grafana sends it when everything is chosen.
fn as_sent(view: &View, expr: &str) -> String {
    let mut sent = expr
        .replace("$__rate_interval", "1m")
        .replace("$__interval_ms", "3600000")
        .replace("$__interval", "15s");
    let variables = view.0["templating"]["list"].as_array().unwrap().iter();
    for variable in variables.filter(|variable| variable["type"] == "query") {
        let name = variable["name"].as_str().unwrap();
        let all = variable["allValue"].as_str().unwrap();
        sent = sent.replace(&format!("\"${name}\""), &format!("\"{all}\""));
    }
    assert!(!sent.contains('$'), "{sent}");
    sent
}

/// A new server that scrapes us.
struct Scraped {
    server: Server,
    _listener: Listener,
    _directory: Directory,
}

impl Scraped {
    fn start(
        prometheus: &Prometheus,
        purpose: &str,
        server: impl Fn(&Path, SocketAddr) -> Server,
    ) -> Self {
        let listener = prometheus.listen(0).unwrap();
        let directory = Directory::new(purpose);
        Self {
            server: server(directory.path(), listener.local_addr()),
            _listener: listener,
            _directory: directory,
        }
    }

    /// Asks until each query finds something that is a number, or too much time has passed; returns
    /// those that do not.
    fn unanswered(&self, queries: Vec<(String, String)>) -> Vec<(String, String)> {
        let deadline = Instant::now() + DEADLINE;
        let mut left = queries;
        while !left.is_empty() && Instant::now() < deadline {
            let targets = self.server.get("/api/v1/targets");
            let error = targets["data"]["activeTargets"][0]["lastError"].as_str();
            let error = error.filter(|error| !error.is_empty());
            assert_eq!(error, None, "the scrape fails");
            left.retain(|(_, query)| {
                let found = self.server.query(query);
                !found.iter().any(|(_, value)| value.is_finite())
            });
            thread::sleep(Duration::from_millis(200));
        }
        left
    }
}

/// All queries of a dashboard, with the panel that has them, or the name of what is marked.
fn queries(view: &View) -> Vec<(String, String)> {
    let marks = view.marks().into_iter();
    let mut queries: Vec<_> = marks
        .map(|(name, expr)| (name.to_owned(), as_sent(view, expr)))
        .collect();
    for panel in view.panels() {
        let sent = exprs(panel).into_iter().map(|expr| as_sent(view, expr));
        queries.extend(sent.map(|sent| (title(panel).to_owned(), sent)));
    }
    queries
}

/// What the server knows for a choice at the top of the dashboard, as Grafana asks.
fn choices(scraped: &Scraped, view: &View, query: &str) -> BTreeSet<String> {
    let inside = query
        .strip_prefix("label_values(")
        .and_then(|query| query.strip_suffix(')'));
    let (selector, label) = inside
        .and_then(|inside| inside.rsplit_once(", "))
        .expect(query);
    let selector = as_sent(view, selector);
    let answer = scraped.server.get(&format!(
        "/api/v1/label/{label}/values?match[]={}",
        encoded(&selector)
    ));
    let values = answer["data"].as_array().expect("a list").iter();
    values
        .map(|value| value.as_str().unwrap().to_owned())
        .collect()
}

/// Without traffic, and without a failure, nobody should have to wonder whether a panel is broken.
#[test]
#[ignore = "needs an installed Prometheus"]
fn what_counts_is_answered_without_traffic_too() {
    let prefix = "graf_idle";
    let metrics = application(prefix).into_iter().chain(more(prefix));
    let aggregator = Aggregator::builder()
        .metrics(metrics.map(Metric::unchecked))
        .start()
        .unwrap();
    let prometheus = Prometheus::new(&aggregator).unwrap();
    let view = View::of(&prometheus);
    let counts = |panel: &&serde_json::Value| {
        let unit = view::unit(panel);
        ["reqps", "cps", "binBps"].contains(&unit) || title(panel).contains("rrors")
    };
    let panels: Vec<_> = view.panels().into_iter().filter(counts).collect();
    assert!(panels.len() > 15);
    let sent = panels.into_iter().flat_map(|panel| {
        let all = exprs(panel).into_iter();
        all.map(|expr| (title(panel).to_owned(), as_sent(&view, expr)))
    });
    let sent = sent.collect();
    let scraped = Scraped::start(&prometheus, prefix, |directory, target| {
        Server::prometheus(directory, target, None)
    });
    let unanswered = scraped.unanswered(sent);
    assert!(unanswered.is_empty(), "{unanswered:#?}");
}

fn check_each_query(prefix: &str, server: impl Fn(&Path, SocketAddr) -> Server) {
    let name = |rest: &str| format!("{prefix}.{rest}");
    let mut metrics = application(prefix);
    metrics.extend([
        counter(name("limited.count")).tags(["n"]).max_series(1),
        counter(name("untagged.count"))
            .event(name("limited"))
            .tags(["absent"]),
        sum(name("limited.absent")),
        counter(name("passing.count")).tags(["job_id"]),
    ]);
    metrics.extend(more(prefix));
    let aggregator = Aggregator::builder()
        .metrics(metrics.into_iter().map(Metric::unchecked))
        .constant_tag("env", "prod")
        .expire_after(Duration::from_secs(1))
        .start()
        .unwrap();
    let prometheus = Prometheus::builder(&aggregator)
        .build_info(prefix, [("version", "1.2.3"), ("revision", "")])
        .build()
        .unwrap();
    let view = View::of(&prometheus);
    let queries = queries(&view);
    assert!(queries.len() > 60);
    let _traffic = traffic(prefix);
    let scraped = Scraped::start(&prometheus, prefix, server);
    let unanswered = scraped.unanswered(queries);
    assert!(unanswered.is_empty(), "{unanswered:#?}");
    assert!(
        scraped
            .server
            .query(&format!("{prefix}_nothing"))
            .is_empty()
    );

    // Half of the ends are panics, and of the other half a quarter are errors.
    let share = as_sent(&view, exprs(view.panel("Errors"))[0]);
    let found = scraped.server.query(&share);
    let near = |share: &f64| (0.55..0.7).contains(share);
    assert!(
        matches!(&found[..], [(_, share)] if near(share)),
        "{found:?}"
    );

    let list = view.0["templating"]["list"].as_array().unwrap();
    for (variable, expected) in [("job", "test"), ("env", "prod")] {
        let query = list.iter().find(|known| known["name"] == variable).unwrap();
        let query = query["query"]["query"].as_str().unwrap();
        assert_eq!(
            choices(&scraped, &view, query),
            [expected.to_owned()].into()
        );
    }
}

#[test]
#[ignore = "needs an installed Prometheus"]
fn prometheus_answers_each_query_of_the_dashboard() {
    check_each_query("graf_asked", |directory, target| {
        Server::prometheus(directory, target, None)
    });
}

#[test]
#[ignore = "needs an installed VictoriaMetrics"]
fn victoria_metrics_answers_each_query_of_the_dashboard() {
    check_each_query("graf_asked_vm", Server::victoria_metrics);
}

/// Words that mean something in PromQL, as names of metrics and as labels; labels that the server
/// has already; texts that are special everywhere.
#[test]
#[ignore = "needs an installed Prometheus"]
fn queries_with_odd_names_are_answered_too() {
    const WORDS: [&str; 34] = [
        "and",
        "or",
        "unless",
        "atan2",
        "sum",
        "avg",
        "count",
        "min",
        "max",
        "group",
        "stddev",
        "stdvar",
        "topk",
        "bottomk",
        "count_values",
        "quantile",
        "offset",
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "bool",
        "start",
        "end",
        "inf",
        "nan",
        "Inf",
        "NaN",
        "rate",
        "time",
        "vector",
        "le",
    ];
    let odd = "a\"b\\c\nd $job ${job} [[job]] {{x}} 🦀";
    let event = "graf_words.event";
    let labels = || {
        WORDS
            .into_iter()
            .chain(["job", "instance", "größe", "9", "$x"])
    };
    let free = move |taken: &'static str| labels().filter(move |label| *label != taken);
    let word = |word: &'static str| last_value(word).event(event).measurement("n");
    let mut metrics: Vec<Metric> = WORDS.map(word).into();
    metrics.extend([
        counter("graf_words.count").event(event).tags(labels()),
        sum("graf_words.sum.%".replace('%', "x"))
            .event(event)
            .measurement("n")
            .tags(labels()),
        distribution("graf_words.distribution")
            .event(event)
            .measurement("n")
            .buckets([1, 5])
            .tags(free("le")),
        summary("graf_words.summary")
            .event(event)
            .measurement("n")
            .unit(Unit::Other("$x/\"s\""))
            .tags(free("quantile")),
    ]);
    let aggregator = Aggregator::builder()
        .metrics(metrics)
        .constant_tag("odd", odd)
        .start()
        .unwrap();
    let prometheus = Prometheus::builder(&aggregator)
        .verbatim_names()
        .build()
        .unwrap();
    let emitted = EventName::new(event).unwrap();
    let _traffic = Traffic::start(move |n| {
        execute!(
            emitted,
            { n: n % 7 },
            {
                sum: odd, by: odd, without: odd, on: odd, inf: odd, le: odd, quantile: odd, job: odd,
                instance: odd, "größe": odd, "9": odd, "$x": odd,
            }
        );
    });
    let view = View::new(Dashboard::builder(&prometheus));
    let mut queries = queries(&view);
    // Nothing was skipped, is beyond a limit or expires here, as the test above has it.
    let quiet = [
        "telemetry.metric.skipped",
        "telemetry.metric.overflowed",
        "telemetry.metric.expired",
        "telemetry.reader.let_go",
    ];
    queries.retain(|(panel, _)| !quiet.contains(&&**panel));
    let by_text = format!(
        "sum(graf_words_count{{odd={0},exported_job={0}}})",
        quoted(odd)
    );
    queries.push(("by the text itself".to_owned(), by_text));
    let scraped = Scraped::start(&prometheus, "grafana-words", |directory, target| {
        Server::prometheus(directory, target, None)
    });
    let unanswered = scraped.unanswered(queries);
    assert!(unanswered.is_empty(), "{unanswered:#?}");
    // The labels that can be told apart are.
    let by = as_sent(&view, exprs(view.panel("graf_words.count"))[0]);
    let found = scraped.server.query(&by);
    let labels = &found[0].0;
    for label in [
        "exported_job",
        "exported_instance",
        "sum",
        "on",
        "gr__e",
        "_9",
        "_x",
    ] {
        assert_eq!(labels[label], odd, "{label} of {labels}");
    }
}
