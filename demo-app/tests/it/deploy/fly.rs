//! The three applications on Fly.io: known settings only, and names and ports that fit.

use std::time::Duration;

use demo_app::DRAIN_TIMEOUT;
use demo_app::telemetry::FLUSH_TIMEOUT;
use serde_json::Value;

use super::files::{at, keys, parts, path, text, texts, toml, yaml};
use super::image::{Dockerfile, PORT};
use super::settings::configured;

const APPS: [&str; 3] = ["fly.toml", "tempo/fly.toml", "grafana/fly.toml"];

/// The settings in use here that Fly's own program knows, `env` and `processes` apart, where names are free.
const KNOWN: [&str; 37] = [
    "app",
    "primary_region",
    "kill_signal",
    "kill_timeout",
    "build.dockerfile",
    "build.ignorefile",
    "deploy.strategy",
    "http_service.internal_port",
    "http_service.force_https",
    "http_service.auto_stop_machines",
    "http_service.auto_start_machines",
    "http_service.min_machines_running",
    "http_service.processes",
    "http_service.concurrency.type",
    "http_service.concurrency.soft_limit",
    "http_service.concurrency.hard_limit",
    "http_service.checks.method",
    "http_service.checks.path",
    "http_service.checks.interval",
    "http_service.checks.timeout",
    "http_service.checks.grace_period",
    "checks.*.type",
    "checks.*.port",
    "checks.*.method",
    "checks.*.path",
    "checks.*.interval",
    "checks.*.timeout",
    "checks.*.grace_period",
    "metrics.port",
    "metrics.path",
    "metrics.processes",
    "mounts.source",
    "mounts.destination",
    "mounts.initial_size",
    "vm.size",
    "vm.memory",
    "vm.processes",
];

/// `30s` or `2m`, as Fly and Compose have it.
pub(crate) fn seconds(text: &str) -> Duration {
    let (number, factor) = match text.strip_suffix('m') {
        Some(number) => (number, 60),
        None => (text.strip_suffix('s').expect(text), 1),
    };
    Duration::from_secs(number.parse::<u64>().expect(text) * factor)
}

/// What a demo may take that is asked to end while it is busy: requests, then jobs and events, and the
/// reporters.
pub(crate) fn time_to_end() -> Duration {
    DRAIN_TIMEOUT + Duration::from_secs(10) + 2 * FLUSH_TIMEOUT
}

/// The names of all settings, without the places in lists.
fn settings(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = if path == "checks" { "*" } else { key };
                let path = if path.is_empty() {
                    key.to_owned()
                } else {
                    format!("{path}.{key}")
                };
                settings(value, &path, found);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            list.iter().for_each(|value| settings(value, path, found));
        }
        _ => found.push(path.to_owned()),
    }
}

#[test]
fn each_setting_is_one_that_fly_knows() {
    for app in APPS {
        let mut found = Vec::new();
        settings(&toml(app), "", &mut found);
        assert!(found.len() > 10, "{app}");
        for setting in found {
            let is_free = setting.starts_with("env.") || setting.starts_with("processes.");
            assert!(is_free || KNOWN.contains(&&*setting), "{app}: {setting}");
        }
    }
}

#[test]
fn values_are_such_as_fly_takes() {
    for app in APPS {
        let fly = toml(app);
        let groups = keys(&fly["processes"]);
        let http = fly["http_service"]["checks"]
            .as_array()
            .into_iter()
            .flatten();
        let top = fly["checks"].as_object().into_iter().flatten();
        let checks: Vec<&Value> = http.chain(top.map(|(_, check)| check)).collect();
        assert_eq!(checks.len(), 1, "{app}");
        for check in checks {
            let (interval, timeout) = (at(check, "/interval"), at(check, "/timeout"));
            assert!(seconds(interval) >= Duration::from_secs(2), "{app}");
            assert!(seconds(timeout) < seconds(interval), "{app}");
            assert!(at(check, "/path").starts_with('/'), "{app}");
        }
        let strategy = at(&fly, "/deploy/strategy");
        assert!(["canary", "rolling", "immediate", "bluegreen"].contains(&strategy));
        // A volume is of one machine, and cannot be had by two.
        if fly.get("mounts").is_some() {
            assert_eq!(strategy, "immediate", "{app}");
        }
        if let Some(stop) = fly.pointer("/http_service/auto_stop_machines") {
            assert!(["off", "stop", "suspend"].contains(&stop.as_str().unwrap()));
        }
        // With groups of processes, each section has to say whose it is.
        for section in ["http_service", "metrics", "vm"] {
            let sections = match &fly[section] {
                Value::Array(list) => list.clone(),
                Value::Null => Vec::new(),
                one => vec![one.clone()],
            };
            for one in sections {
                assert_eq!(texts(&one["processes"]), groups, "{app}: {section}");
            }
        }
        let folder = path(app).parent().unwrap().to_owned();
        for file in ["dockerfile", "ignorefile"] {
            if let Some(name) = fly["build"][file].as_str() {
                assert!(folder.join(name).exists(), "{app}: {name}");
            }
        }
    }
}

#[test]
fn the_demo_understands_what_it_is_told() {
    let fly = toml("fly.toml");
    let arguments: Vec<&str> = at(&fly, "/processes/app").split_whitespace().collect();
    let config = configured(&arguments, &fly["env"]);
    // The private network has nothing else.
    assert!(config.listen.is_ipv6() && config.listen.ip().is_unspecified());
    assert_eq!(config.listen.port(), PORT);
    assert!(config.secure_cookies && config.load.is_none());
    assert_eq!(fly["http_service"]["internal_port"], PORT);
    assert_eq!(fly["http_service"]["force_https"], true);
    assert_eq!(at(&fly, "/http_service/checks/0/path"), "/health");
    assert_eq!(fly["metrics"][0]["port"], PORT);
    assert_eq!(at(&fly, "/metrics/0/path"), "/metrics");
    assert_eq!(at(&fly, "/kill_signal"), "SIGTERM");
    assert!(seconds(at(&fly, "/kill_timeout")) >= time_to_end());
}

#[test]
fn traces_go_to_the_other_application_over_the_private_network() {
    let (demo, tempo, grafana) = (toml(APPS[0]), toml(APPS[1]), toml(APPS[2]));
    let config = yaml("tempo/tempo.yaml");
    let name = at(&tempo, "/app");
    let settings = configured(&[], &demo["env"]);
    let (scheme, host, port) = parts(settings.otlp.as_deref().expect("a receiver"));
    assert_eq!((scheme, host), ("http", &*format!("{name}.internal")));
    // Not numbers: it would refuse each.
    assert_eq!(demo["env"]["OTEL_METRICS_EXPORTER"], "none");
    // On all addresses of both protocols.
    for (protocol, port) in [("http", port), ("grpc", 4317)] {
        let receiver = format!("/distributor/receivers/otlp/protocols/{protocol}/endpoint");
        assert_eq!(at(&config, &receiver), format!("[::]:{port}"));
    }
    let (scheme, host, port) = parts(at(&grafana, "/env/TEMPO_URL"));
    assert_eq!((scheme, host), ("http", &*format!("{name}.internal")));
    assert_eq!(config["server"]["http_listen_port"], port);
    assert!(config["server"].get("http_listen_address").is_none());
    assert_eq!(tempo["checks"]["ready"]["port"], port);
    assert_eq!(tempo["metrics"][0]["port"], port);
    // It asks nobody for a password.
    for public in ["http_service", "services"] {
        assert!(tempo.get(public).is_none(), "{public}");
    }
    let volume = at(&tempo, "/mounts/destination");
    for place in ["/storage/trace/local/path", "/storage/trace/wal/path"] {
        assert!(at(&config, place).starts_with(&format!("{volume}/")));
    }
    assert!(text("tempo/start.sh").contains(&format!(":-{volume}}}")));
    let image = Dockerfile::read("tempo/Dockerfile");
    let command: Vec<String> = serde_json::from_str(image.last("CMD")).unwrap();
    let file = command[1].strip_prefix("-config.file=").unwrap();
    assert!(
        image
            .all("COPY")
            .iter()
            .any(|copy| copy.ends_with(&format!("tempo.yaml {file}")))
    );
    let program: Vec<String> = serde_json::from_str(image.last("ENTRYPOINT")).unwrap();
    for needed in [&program[0], &command[0]] {
        assert!(
            image
                .all("COPY")
                .iter()
                .any(|copy| copy.ends_with(&**needed)),
            "{needed}"
        );
    }
    let ports = image.last("EXPOSE");
    assert_eq!(ports, format!("{port} 4317 4318"));
}

#[test]
fn secrets_are_not_in_the_files() {
    for app in APPS {
        let fly = toml(app);
        for name in keys(&fly["env"]) {
            let is_secret = [
                "PASSWORD",
                "AUTHORIZATION",
                "TOKEN",
                "SECRET",
                "DATABASE_URL",
            ];
            assert!(
                !is_secret.iter().any(|part| name.contains(part)),
                "{app}: {name}"
            );
            assert!(
                !at(&fly, &format!("/env/{name}")).contains('@'),
                "{app}: {name}"
            );
        }
    }
}
