//! Many instances and one server: what may be merged, and what may not.
//!
//! Each instance is an aggregator of its own behind a listener of its own, which is all that a
//! Prometheus sees of one. The figures and the configuration are those of `docs/scaling.md`.

use std::fs;
use std::process::Command;
use std::time::Duration;

use telemetry::{EventName, execute};
use telemetry_metrics::buckets::{TIME, exponential};
use telemetry_metrics::{Aggregator, counter, distribution, last_value, sum, summary};
use telemetry_prometheus::{Listener, Prometheus};

use crate::servers::Server;
use crate::support::{Directory, start};

mod traffic;
mod truth;

use traffic::PROFILES;
use truth::Truth;

const QUANTILES: [f64; 3] = [0.5, 0.95, 0.99];
/// What one of the three has in place of [`TIME`] in the histogram `uneven`.
const OTHER_BOUNDS: [f64; 4] = [0.1, 0.3, 1.0, 10.0];

/// Each a fifth above the one before, in whole microseconds.
fn fine_bounds() -> Vec<f64> {
    let bounds = exponential(2_000.0, 1.2, 48).into_iter();
    bounds.map(|micros| micros.round() / 1e6).collect()
}

struct Instance {
    answers: Vec<(Duration, u64)>,
    listener: Listener,
    _aggregator: Aggregator,
}

/// Three instances that have answered all that they will. `test` tells their events from those of
/// other tests; on an instance of its own each would emit `shop.web.stop`.
fn instances(test: &str) -> Vec<Instance> {
    let begin = |(at, profile): (usize, &traffic::Profile)| {
        let event = format!("prom_scaling.{test}.n{at}");
        let uneven: &[f64] = if at == 2 { &OTHER_BOUNDS } else { &TIME };
        let metrics = [
            counter("shop.web.stop.count"),
            sum("shop.web.stop.bytes"),
            distribution("shop.web.stop.duration"),
            distribution("shop.web.fine.duration").buckets(fine_bounds()),
            distribution("shop.web.uneven.duration").buckets(uneven.to_vec()),
            summary("shop.web.recent.duration"),
            last_value("shop.web.queue.waiting"),
        ];
        let aggregator = start(metrics.map(|metric| metric.event(&event).unchecked()));
        let prometheus = Prometheus::builder(&aggregator)
            // So that the summary is of everything, as the truth is.
            .quantiles(QUANTILES)
            .quantile_window(Duration::from_secs(3_600))
            .build()
            .expect("the definitions are valid");
        let answers = profile.answers(at as u64 + 1);
        let event = EventName::new(&event).expect("a name");
        for (duration, bytes) in &answers {
            let waiting = profile.waiting;
            execute!(event, { duration: *duration, bytes: *bytes, waiting });
        }
        Instance {
            answers,
            listener: prometheus.listen(0).expect("a free port"),
            _aggregator: aggregator,
        }
    };
    PROFILES.iter().enumerate().map(begin).collect()
}

fn truth(instances: &[Instance]) -> Truth {
    let answers = instances.iter().flat_map(|instance| &instance.answers);
    Truth::of(answers.map(|(duration, _)| *duration))
}

fn targets(instances: &[Instance]) -> String {
    let addresses = instances
        .iter()
        .map(|instance| format!("'{}'", instance.listener.local_addr()));
    addresses.collect::<Vec<_>>().join(", ")
}

fn one(server: &Server, query: &str) -> f64 {
    let values = server.values(query);
    assert_eq!(values.len(), 1, "{query}: {values:?}");
    values[0]
}

fn is_close(found: f64, expected: f64) -> bool {
    (found / expected - 1.0).abs() < 1e-9
}

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scaling.md");
    fs::read_to_string(path).expect("docs/scaling.md")
}

/// The block of the page that begins with the comment `# name`.
fn block(name: &str) -> String {
    let page = page();
    let start = format!("```yaml\n# {name}");
    let from = page.find(&start).unwrap_or_else(|| panic!("no {name}")) + "```yaml\n".len();
    let length = page[from..].find("```").expect("an end of the block");
    page[from..from + length].to_owned()
}

/// Puts something in the place of something that has to be there.
fn put(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in {text}");
    text.replace(from, to)
}

/// `412.3 (+3 %)`: milliseconds, and how far from the truth.
fn told(seconds: f64, truth: f64) -> String {
    let off = (seconds / truth - 1.0) * 100.0;
    format!("{:.1} ({off:+.0} %)", seconds * 1e3)
}

#[test]
#[ignore = "needs an installed Prometheus"]
fn buckets_of_three_instances_add_up_and_their_quantiles_do_not() {
    let instances = instances("merged");
    let truth = truth(&instances);
    let directory = Directory::new("scaling");
    let config = directory.path().join("scrape.yml");
    let text = format!(
        "global: {{scrape_interval: 1s}}\n\
         scrape_configs: [{{job_name: shop, static_configs: [{{targets: [{}]}}]}}]\n",
        targets(&instances)
    );
    fs::write(&config, text).expect("the configuration can be written");
    let server = Server::prometheus_with(directory.path(), &config);
    server.wait_until("three scrapes were waited for", |server| {
        server.values("sum(up)") == [3.0] && server.values("shop_web_stop_count_total").len() == 3
    });

    // Totals are exact.
    let count = truth.count() as f64;
    assert_eq!(one(&server, "sum(shop_web_stop_count_total)"), count);
    let all = instances.iter().flat_map(|instance| &instance.answers);
    let bytes: u64 = all.map(|(_, bytes)| bytes).sum();
    assert_eq!(one(&server, "sum(shop_web_stop_bytes_total)"), bytes as f64);
    // So is the share that was quick enough, if the threshold is a bound.
    let quick = "sum(shop_web_stop_duration_seconds_bucket{le=~\"0.25\"})";
    assert_eq!(one(&server, quick), truth.up_to(0.25) as f64);
    // Of last values the question decides what is right.
    assert_eq!(one(&server, "sum(shop_web_queue_waiting)"), 254.0);
    assert_eq!(one(&server, "max(shop_web_queue_waiting)"), 240.0);

    let own = instances.iter().map(|instance| &instance.answers);
    let own = own.map(|answers| Truth::of(answers.iter().map(|(duration, _)| *duration)));
    let alone: Vec<Truth> = own.collect();
    let fine = fine_bounds();
    let mut rows = String::new();
    let mut off = Vec::new();
    for quantile in QUANTILES {
        let exact = truth.quantile(quantile);
        let merged = |name: &str| {
            let buckets = format!("shop_web_{name}_duration_seconds_bucket");
            one(
                &server,
                &format!("histogram_quantile({quantile}, sum by (le) ({buckets}))"),
            )
        };
        // What Prometheus says of the sum is what one instance would say that had seen everything;
        // and so it is in the bucket in which the true quantile is.
        for (name, bounds) in [("stop", &TIME[..]), ("fine", &fine)] {
            let (bucket, found) = (truth.bucket(bounds, quantile), merged(name));
            assert!(is_close(found, bucket.line), "{found} is not {bucket:?}");
            assert!(bucket.from < exact && exact <= bucket.to, "{bucket:?}");
            assert!(bucket.from < found && found <= bucket.to, "{bucket:?}");
        }
        // Each summary is right about its own instance, and of all nothing can be made of them.
        let of_each = format!("shop_web_recent_duration_seconds{{quantile=\"{quantile}\"}}");
        let weight = "shop_web_recent_duration_seconds_count";
        let mean = one(&server, &format!("avg({of_each})"));
        let weighted = format!("sum({of_each} * ignoring(quantile) {weight}) / sum({weight})");
        let weighted = one(&server, &weighted);
        let worst = one(&server, &format!("max({of_each})"));
        for (instance, own) in instances.iter().zip(&alone) {
            let address = instance.listener.local_addr();
            let query = format!("{of_each} and on (instance) up{{instance=\"{address}\"}}");
            let off = one(&server, &query) / own.quantile(quantile) - 1.0;
            assert!(off.abs() < 0.011, "{quantile} of {address}: {off}");
        }
        off.push((mean / exact - 1.0).abs());
        rows += &format!(
            "| {quantile} | {:.1} | {} | {} | {} | {} | {} | {} |\n",
            exact * 1e3,
            told(merged("stop"), exact),
            told(merged("fine"), exact),
            told(merged("uneven"), exact),
            told(mean, exact),
            told(weighted, exact),
            told(worst, exact),
        );
    }
    assert!(off.iter().any(|off| *off > 1.0), "{off:?}");
    println!("{rows}");
    // Bounds that differ: no longer the answer of the union in either's bounds.
    let uneven = "sum by (le) (shop_web_uneven_duration_seconds_bucket)";
    let uneven = one(&server, &format!("histogram_quantile(0.95, {uneven})"));
    assert!(!is_close(uneven, truth.bucket(&TIME, 0.95).line));

    let mut own = String::new();
    for (profile, alone) in PROFILES.iter().zip(&alone) {
        let [p50, p95, p99] = QUANTILES.map(|quantile| alone.quantile(quantile) * 1e3);
        own += &format!(
            "| {} | {} | {p50:.1} | {p95:.1} | {p99:.1} |\n",
            profile.name, profile.requests
        );
    }
    println!("{own}");
    for table in [&own, &rows] {
        assert!(page().contains(table.as_str()), "not in the page:\n{table}");
    }
}

/// Two servers of which each has a part of the instances, and one above them, with the configuration
/// of the page. Rates are left out of the rules: what was counted before the first scrape has none.
#[test]
#[ignore = "needs an installed Prometheus and promtool"]
fn a_server_above_two_shards_knows_what_one_server_would() {
    let instances = instances("shards");
    let truth = truth(&instances);
    let directory = Directory::new("shards");
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).expect("the configuration can be written");
        path
    };
    let rules = block("per_job.yml");
    let rules = put(&put(&rules, "rate(", "("), "[5m]", "");
    let rules = put(&rules, "interval: 30s", "interval: 1s");
    write("per_job.yml", &rules);
    let shards: Vec<Server> = (0..2)
        .map(|shard| {
            let text = block("shard-0.yml");
            let text = put(&text, "\"0\"", &format!("\"{shard}\""));
            let text = put(&text, "scrape_interval: 15s", "scrape_interval: 1s");
            let text = put(
                &text,
                "[\"shop-1:9464\", \"shop-2:9464\", \"shop-3:9464\"]",
                &format!("[{}]", targets(&instances)),
            );
            let own = directory.path().join(shard.to_string());
            fs::create_dir(&own).expect("a folder");
            Server::prometheus_with(&own, &write(&format!("shard-{shard}.yml"), &text))
        })
        .collect();
    let text = put(
        &block("global.yml"),
        "scrape_interval: 15s",
        "scrape_interval: 1s",
    );
    let addresses = format!("\"{}\", \"{}\"", shards[0].address(), shards[1].address());
    let text = put(
        &text,
        "\"prometheus-0:9090\", \"prometheus-1:9090\"",
        &addresses,
    );
    let config = write("global.yml", &text);
    // As they stand in the page, before anything was put in its place.
    write("as_written.yml", &block("per_job.yml"));
    for (what, file) in [
        ("rules", "as_written.yml"),
        ("config", "shard-0.yml"),
        ("config", "shard-1.yml"),
        ("config", "global.yml"),
    ] {
        let checked = Command::new("promtool")
            .args(["check", what])
            .arg(directory.path().join(file))
            .output()
            .expect("promtool has to be installed and in the PATH");
        let said = [checked.stdout, checked.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(checked.status.success(), "{file}: {said}");
    }

    let own = directory.path().join("global");
    fs::create_dir(&own).expect("a folder");
    let server = Server::prometheus_with(&own, &config);
    let counted = "sum(job:shop_web_stop_count:rate5m)";
    let count = truth.count() as f64;
    server.wait_until("all were waited for", |server| {
        server.values(counted) == [count]
    });
    let buckets = "sum by (le) (job:shop_web_stop_duration_seconds_bucket:rate5m)";
    for quantile in QUANTILES {
        let query = format!("histogram_quantile({quantile}, {buckets})");
        server.wait_until("the buckets were waited for", |server| {
            let found = server.values(&query);
            found.len() == 1 && is_close(found[0], truth.bucket(&TIME, quantile).line)
        });
    }
    // Each instance has one server, and the one above has heard of none.
    let kept: Vec<f64> = shards
        .iter()
        .flat_map(|shard| shard.values("count(up) or vector(0)"))
        .collect();
    assert_eq!(kept.iter().sum::<f64>(), 3.0, "{kept:?}");
    assert!(server.values("shop_web_stop_count_total").is_empty());
}
