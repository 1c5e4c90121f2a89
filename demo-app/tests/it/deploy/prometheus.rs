//! Prometheus with the configuration that is deployed, asked what Grafana asks.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use demo_app::ops::DASHBOARDS;
use serde_json::Value;

use super::dashboards::{self, first, panels, queries};
use super::files::{path, text, texts, yaml};
use super::grafana::queries_of_a_span;
use super::image::PORT;
use crate::support::folder::Folder;
use crate::support::visitor::Visitor;
use crate::support::{DEADLINE, TestDemo, eventually, http};

#[test]
fn it_asks_services_that_there_are() {
    let services = yaml("compose.yaml")["services"].clone();
    let config = yaml("prometheus/prometheus.yml");
    let mut jobs = Vec::new();
    for job in config["scrape_configs"].as_array().unwrap() {
        let name = job["job_name"].as_str().unwrap();
        let targets = texts(&job["static_configs"][0]["targets"]);
        let (host, port) = targets[0].rsplit_once(':').unwrap();
        assert!(
            services.get(host).is_some() || host == "127.0.0.1",
            "{host}"
        );
        jobs.push((name.to_owned(), port.parse::<u16>().unwrap()));
    }
    let tempo = yaml("tempo/tempo.yaml");
    let tempo = tempo["server"]["http_listen_port"].as_u64().unwrap();
    let expected = [
        ("demo", u64::from(PORT)),
        ("tempo", tempo),
        ("prometheus", 9090),
    ];
    let jobs = jobs
        .iter()
        .map(|(name, port)| (name.as_str(), u64::from(*port)));
    assert!(jobs.eq(expected));
}

/// Puts the rules beside the configuration, as Compose does.
fn with_rules(folder: &Folder) {
    let compose = yaml("compose.yaml");
    let mounted = texts(&compose["services"]["prometheus"]["volumes"]);
    let mut parts = mounted.iter().map(|mounted| mounted.split(':'));
    let (from, to) = parts
        .find_map(|mut parts| {
            parts
                .next()
                .zip(parts.next())
                .filter(|(_, to)| to.ends_with("/rules.yml"))
        })
        .expect("the rules are mounted");
    let config = yaml("prometheus/prometheus.yml");
    let name = texts(&config["rule_files"])[0];
    assert_eq!(to, format!("/etc/prometheus/{name}"));
    fs::copy(path(from), folder.0.join(name)).unwrap();
}

#[test]
fn alerts_go_to_a_service_that_there_is_and_takes_the_generated_route() {
    let compose = yaml("compose.yaml");
    let config = yaml("prometheus/prometheus.yml");
    let targets = &config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"];
    let (host, port) = texts(targets)[0].rsplit_once(':').unwrap();
    let service = &compose["services"][host];
    assert_eq!(
        texts(&service["ports"]),
        [format!("127.0.0.1:{port}:{port}")]
    );
    let command = texts(&service["command"]);
    let file = command[0].strip_prefix("--config.file=").unwrap();
    let mounted = texts(&service["volumes"])[0];
    let from = mounted.strip_suffix(&format!(":{file}:ro")).expect(mounted);
    assert_eq!(from, "../ops/alertmanager/alertmanager.yml");
    assert!(path(from).exists());
}

#[test]
#[ignore = "needs promtool"]
fn promtool_has_no_complaint() {
    let folder = Folder::new("promtool-config");
    let file = folder.0.join("prometheus.yml");
    fs::copy(path("prometheus/prometheus.yml"), &file).unwrap();
    with_rules(&folder);
    let output = Command::new("promtool")
        .args(["check", "config"])
        .arg(file)
        .output()
        .expect("promtool: run .ci/setup");
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&said)
    );
}

/// A server with the deployed configuration; only where it listens, where it finds the demo and
/// how often it asks are others.
struct Deployed {
    child: Child,
    address: SocketAddr,
    _folder: Folder,
}

impl Deployed {
    async fn scraping(demo: SocketAddr) -> Self {
        for _ in 0..5 {
            if let Some(server) = Self::try_scraping(demo).await {
                return server;
            }
        }
        panic!("Prometheus does not start");
    }

    /// `None` if it ends at once, as it does when somebody else has got its port in the meantime.
    async fn try_scraping(demo: SocketAddr) -> Option<Self> {
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let folder = Folder::new(&format!("prometheus-{}", address.port()));
        let mut config = text("prometheus/prometheus.yml");
        for (deployed, here) in [
            (format!("demo:{PORT}"), demo.to_string()),
            ("127.0.0.1:9090".to_owned(), address.to_string()),
            // There is no Tempo and no Alertmanager; no other name is to be asked for.
            ("tempo:3200".to_owned(), "127.0.0.1:1".to_owned()),
            ("alertmanager:9093".to_owned(), "127.0.0.1:1".to_owned()),
            (
                "scrape_interval: 15s".to_owned(),
                "scrape_interval: 1s".to_owned(),
            ),
            (
                "scrape_timeout: 10s".to_owned(),
                "scrape_timeout: 1s".to_owned(),
            ),
        ] {
            assert!(config.contains(&deployed), "{deployed}");
            config = config.replace(&deployed, &here);
        }
        let file = folder.0.join("prometheus.yml");
        fs::write(&file, config).unwrap();
        with_rules(&folder);
        let compose = yaml("compose.yaml");
        let arguments = texts(&compose["services"]["prometheus"]["command"]);
        let data = folder.0.join("data").display().to_string();
        let arguments = arguments.iter().map(|argument| {
            let argument = argument.replace(
                "/etc/prometheus/prometheus.yml",
                &file.display().to_string(),
            );
            argument.replace("=/prometheus", &format!("={data}"))
        });
        let log = fs::File::create(folder.0.join("log")).unwrap();
        let mut child = Command::new("prometheus")
            .args(arguments)
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("Prometheus: run .ci/setup");
        let deadline = Instant::now() + DEADLINE;
        loop {
            // As its health check in the compose file asks.
            let ready = http::try_get(address, "/-/ready").await;
            if child.try_wait().unwrap().is_some() {
                return None;
            }
            if ready.is_ok_and(|reply| reply.status == 200) {
                let _folder = folder;
                return Some(Self {
                    child,
                    address,
                    _folder,
                });
            }
            assert!(Instant::now() < deadline, "it does not answer");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    async fn ask(&self, path: &str) -> Value {
        let reply = http::get(self.address, path).await;
        let answer: Value = serde_json::from_str(&reply.body).expect("JSON");
        assert_eq!(answer["status"], "success", "{path}: {answer}");
        answer["data"].clone()
    }

    /// How many results an expression has now.
    async fn results(&self, expression: &str) -> usize {
        let query = http::percent_encode(expression);
        let data = self.ask(&format!("/api/v1/query?query={query}")).await;
        data["result"].as_array().expect("a list").len()
    }

    /// Asks until there is an answer.
    async fn answers(&self, expression: &str) {
        let ask = || async { (expression, self.results(expression).await) };
        eventually(ask, |(_, results)| *results > 0).await;
    }
}

impl Drop for Deployed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A query as Grafana sends it when everything is chosen.
pub(crate) fn as_sent(query: &str) -> String {
    let sent = query.replace("$__rate_interval", "1m");
    let sent = ["$job", "$instance"].iter().fold(sent, |sent, variable| {
        sent.replace(&format!("\"{variable}\""), "\".*\"")
    });
    assert!(!sent.contains('$'), "{sent}");
    sent
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an installed Prometheus"]
async fn its_targets_are_up_and_the_dashboards_are_answered() {
    let demo = TestDemo::start().await;
    let job = [("kind", "resize_image"), ("jobs", "2"), ("label", "")];
    let mut visitor = Visitor::new(demo.address());
    visitor.submit("/jobs", "/jobs", &job).await;
    visitor.get("/users-slow").await;
    let server = Deployed::scraping(demo.address()).await;
    let up = |job: &str| format!("up{{job=\"{job}\"}} == 1");
    for job in ["demo", "prometheus"] {
        let up = up(job);
        eventually(|| server.results(&up), |n| *n == 1).await;
    }
    assert_eq!(server.results(&up("tempo")).await, 0, "there is none");

    for one in &DASHBOARDS {
        let dashboard = dashboards::json(one);
        // Each is understood, whether there is an answer yet or not.
        for query in panels(&dashboard).into_iter().flat_map(queries) {
            server.results(&as_sent(query)).await;
        }
        // What it begins with has answers.
        for query in first(&dashboard).into_iter().flat_map(queries) {
            server.answers(&as_sent(query)).await;
        }
    }
    for query in queries_of_a_span("/users-slow") {
        server.answers(&query).await;
    }

    // The point of a graph knows its trace, by the name that the data source has for it.
    let query = http::percent_encode("demo_endpoint_duration_seconds_bucket");
    let path = format!("/api/v1/query_exemplars?query={query}&start=0&end=9999999999");
    let exemplars = || async {
        let data = server.ask(&path).await;
        data[0]["exemplars"][0]["labels"]["trace_id"].clone()
    };
    let trace = eventually(exemplars, Value::is_string).await;
    assert_eq!(trace.as_str().unwrap().len(), 32);
}
