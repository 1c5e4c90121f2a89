//! Which alerts a real Alertmanager keeps back because of others.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Files;
use super::source::{DOWN, FAST, NO_DATA, SLOWLY, builder, name, site};

/// A server with the generated configuration.
struct Server {
    process: Child,
    url: String,
    files: Files,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    fn start() -> Self {
        let objective = site().label("team", "web");
        let rules = builder(&[objective]).build(name).unwrap();
        let manager = rules.alertmanager().apart_by(["env"]);
        let files = Files::new(&[("alertmanager.yml", &manager.to_yaml())]);
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = port.expect("a free port").to_string();
        let process = Command::new("prometheus-alertmanager")
            .args(["--config.file=alertmanager.yml", "--storage.path=data"])
            .args(["--cluster.listen-address=", "--log.level=error"])
            .arg(format!("--web.listen-address={address}"))
            .current_dir(files.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("prometheus-alertmanager is not on the PATH (run .ci/setup): {error}")
            });
        let url = format!("--alertmanager.url=http://{address}");
        let server = Self {
            process,
            url,
            files,
        };
        let ready = |server: &Self| server.amtool(&["alert", "query"]).0;
        let until = Instant::now() + Duration::from_secs(20);
        while !ready(&server) {
            assert!(Instant::now() < until, "Alertmanager answers in time");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    fn amtool(&self, arguments: &[&str]) -> (bool, String) {
        let mut all = vec![self.url.as_str()];
        all.extend(arguments);
        self.files.run("amtool", &all)
    }

    fn fire(&self, labels: &[&str]) {
        let mut arguments = vec!["alert", "add"];
        arguments.extend(labels);
        let (added, said) = self.amtool(&arguments);
        assert!(added, "{said}");
    }

    /// How many alerts with this label are not kept back, once that is so many, or after a while.
    fn told(&self, label: &str, expected: usize) -> usize {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let (answered, said) = self.amtool(&["alert", "query", "-o", "extended", label]);
            assert!(answered, "{said}");
            let count = said.matches("alertname=").count();
            if count == expected || Instant::now() > until {
                return count;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
#[ignore = "needs prometheus-alertmanager and amtool"]
fn an_outage_is_told_once() {
    let server = Server::start();
    let burns = |slo: &str, team: &str, alert: &str, severity: &str, long: &str| {
        let labels = [("alertname", alert), ("slo", slo), ("team", team)];
        let more = [("severity", severity), ("long", long)];
        let labels = labels.iter().chain(&more);
        let labels: Vec<String> = labels
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        server.fire(&labels);
    };
    // Alone, each is told.
    burns("site", "web", SLOWLY, "ticket", "3d");
    assert_eq!(server.told("slo=site", 1), 1);
    burns("site", "web", SLOWLY, "ticket", "1d");
    assert_eq!(server.told("long=3d", 0), 0);
    burns("site", "web", FAST, "page", "6h");
    assert_eq!(server.told("severity=ticket", 0), 0);
    burns("site", "web", FAST, "page", "1h");
    assert_eq!(server.told("long=6h", 0), 0);
    assert_eq!(server.told("slo=site", 1), 1);
    // What is of another objective, or of another team's with the same name, is not kept back.
    burns("jobs", "web", SLOWLY, "ticket", "1d");
    burns("site", "else", SLOWLY, "ticket", "1d");
    assert_eq!(server.told("severity=ticket", 2), 2);

    let down = |job: &str, severity: &str| {
        let labels = [
            format!("alertname={DOWN}"),
            format!("job={job}"),
            format!("severity={severity}"),
        ];
        server.fire(&[&labels[0], &labels[1], &labels[2]]);
    };
    down("shop", "ticket");
    down("else", "ticket");
    assert_eq!(server.told("alertname=InstanceDown", 2), 2);
    down("shop", "page");
    assert_eq!(server.told("job=shop", 1), 1);
    assert_eq!(server.told("alertname=InstanceDown", 2), 2);
}

#[test]
#[ignore = "needs prometheus-alertmanager and amtool"]
fn a_job_that_is_down_keeps_back_that_it_gives_no_data() {
    let server = Server::start();
    let fire = |alert: &str, severity: &str, more: &[&str]| {
        let own = [
            format!("alertname={alert}"),
            format!("severity={severity}"),
            "job=shop".to_owned(),
        ];
        let labels = own.iter().map(String::as_str);
        let labels: Vec<&str> = labels.chain(more.iter().copied()).collect();
        server.fire(&labels);
    };
    for slo in ["slo=site", "slo=jobs"] {
        fire(NO_DATA, "page", &[slo, "env=live"]);
        fire(NO_DATA, "page", &[slo, "env=trial"]);
    }
    // One that is down says nothing of the others.
    fire(DOWN, "ticket", &["instance=a", "env=live"]);
    assert_eq!(server.told("alertname=SloNoData", 4), 4);
    fire(DOWN, "page", &["env=live"]);
    assert_eq!(server.told("env=live", 1), 1);
    // What is down in one environment is not in the other.
    assert_eq!(server.told("env=trial", 2), 2);
    fire(FAST, "page", &["slo=site", "long=1h", "env=trial"]);
    fire(SLOWLY, "ticket", &["slo=site", "long=1d", "env=live"]);
    assert_eq!(server.told("alertname=SloBurnsSlowly", 1), 1);
    fire(FAST, "page", &["slo=site", "long=1h", "env=live"]);
    assert_eq!(server.told("alertname=SloBurnsSlowly", 0), 0);
}
