//! The compose file: what its services call each other, and who reaches them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::files::{at, keys, parts, path, root, text, texts, variables, yaml};
use super::fly::{seconds, time_to_end};
use super::image::{Dockerfile, PORT};
use super::settings::configured;

fn services() -> Map<String, Value> {
    let compose = yaml("compose.yaml");
    compose["services"].as_object().expect("services").clone()
}

/// `${NAME:?..}`, and nothing else.
fn is_demanded(value: &str) -> bool {
    value.starts_with("${") && value.contains(":?") && value.ends_with('}')
}

/// The variables that the file demands.
fn demanded() -> BTreeSet<String> {
    let text = text("compose.yaml");
    let lines = text.lines().filter(|line| !line.trim().starts_with('#'));
    lines.flat_map(variables).collect()
}

#[test]
fn only_this_machine_reaches_the_ports() {
    let mut published = Vec::new();
    for (name, service) in services() {
        for port in texts(&service["ports"]) {
            let (host, inside) = port.rsplit_once(':').expect(port);
            let outside = host.strip_prefix("127.0.0.1:").expect(port);
            assert_eq!(outside, inside, "{name}");
            published.push((name.clone(), inside.to_owned()));
        }
        assert!(service.get("network_mode").is_none(), "{name}");
    }
    let expected = [
        ("alertmanager", 9093),
        ("demo", PORT),
        ("grafana", 3000),
        ("prometheus", 9090),
    ];
    let mut expected = expected.map(|(name, port)| (name.to_owned(), port.to_string()));
    expected.sort();
    published.sort();
    assert_eq!(published, expected);
}

#[test]
fn versions_are_pinned_and_the_same_everywhere() {
    let services = services();
    for (name, service) in &services {
        if name == "demo" {
            assert!(service.get("build").is_some());
            continue;
        }
        let (_, tag) = at(service, "/image").rsplit_once(':').expect("a tag");
        let tag = tag.strip_prefix('v').unwrap_or(tag);
        let is_number = |part: &str| part.parse::<u32>().is_ok();
        assert!(
            tag.split('.').count() >= 2 && tag.split('.').all(is_number),
            "{name}: {tag}"
        );
    }
    for name in ["tempo", "grafana"] {
        let image = Dockerfile::read(&format!("{name}/Dockerfile"));
        let from = image.all("FROM")[0].split_whitespace().next().unwrap();
        assert_eq!(from, at(&services[name], "/image"));
    }
}

#[test]
fn the_demo_understands_what_it_is_told() {
    let services = services();
    let demo = &services["demo"];
    let config = configured(&texts(&demo["command"]), &demo["environment"]);
    assert!(!config.listen.ip().is_loopback(), "nobody would reach it");
    assert_eq!(config.listen.port(), PORT);
    let build = &demo["build"];
    let context = path(at(build, "/context"));
    assert_eq!(context.canonicalize().unwrap(), root());
    assert!(context.join(at(build, "/dockerfile")).exists());
}

#[test]
fn the_database_is_the_one_that_is_asked_for() {
    let services = services();
    let url = at(&services["demo"], "/environment/DATABASE_URL");
    let server = &services["postgres"]["environment"];
    let (user, database) = (at(server, "/POSTGRES_USER"), at(server, "/POSTGRES_DB"));
    let password = at(server, "/POSTGRES_PASSWORD");
    assert_eq!(
        url,
        format!("postgres://{user}:{password}@postgres:5432/{database}")
    );
    let check = texts(&services["postgres"]["healthcheck"]["test"]).join(" ");
    assert!(
        check.ends_with(&format!("-U {user} -d {database}")),
        "{check}"
    );
    // Where version 18 and later have their data.
    let version = at(&services["postgres"], "/image")
        .split(':')
        .next_back()
        .unwrap();
    assert!(version.split('.').next().unwrap().parse::<u32>().unwrap() >= 18);
    assert_eq!(
        texts(&services["postgres"]["volumes"]),
        ["postgres:/var/lib/postgresql"]
    );
}

#[test]
fn traces_go_where_they_are_received() {
    let services = services();
    let demo = &services["demo"];
    let config = configured(&[], &demo["environment"]);
    let (scheme, host, port) = parts(config.otlp.as_deref().expect("a receiver"));
    assert_eq!((scheme, host), ("http", "tempo"));
    let tempo = yaml("tempo/tempo.yaml");
    let http = at(
        &tempo,
        "/distributor/receivers/otlp/protocols/http/endpoint",
    );
    assert_eq!(http, format!("[::]:{port}"));
    let (scheme, host, port) = parts(at(&services["grafana"], "/environment/TEMPO_URL"));
    assert_eq!((scheme, host), ("http", "tempo"));
    assert_eq!(tempo["server"]["http_listen_port"], port);
    let (scheme, host, port) = parts(at(&services["grafana"], "/environment/PROMETHEUS_URL"));
    assert_eq!((scheme, host, port), ("http", "prometheus", 9090));
}

#[test]
fn nothing_starts_without_passwords_of_ones_own() {
    for (name, service) in services() {
        for (variable, value) in service["environment"].as_object().into_iter().flatten() {
            let value = value.as_str().expect("a text");
            if variable.contains("PASSWORD") {
                assert!(is_demanded(value), "{name}: {variable}");
            }
        }
    }
    let example = text("env.example");
    let lines = example.lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let given = lines.map(|line| line.strip_suffix('=').expect("no value"));
    assert_eq!(
        given.map(str::to_owned).collect::<BTreeSet<_>>(),
        demanded()
    );
    assert!(text(".gitignore").lines().any(|line| line == ".env"));
}

#[test]
fn whoever_is_waited_for_says_when_it_is_ready() {
    let services = services();
    for (name, service) in &services {
        for dependency in keys(&service["depends_on"]) {
            let on = services.get(dependency).expect(dependency);
            let condition = at(service, &format!("/depends_on/{dependency}/condition"));
            match condition {
                "service_healthy" => assert!(on.get("healthcheck").is_some(), "{name}"),
                "service_started" => {}
                other => panic!("{name}: {other}"),
            }
        }
        // The demo's stands in its image.
        assert_eq!(
            service.get("healthcheck").is_some(),
            name != "demo",
            "{name}"
        );
        assert_eq!(service["restart"], "unless-stopped", "{name}");
    }
    assert!(services["demo"]["depends_on"].get("postgres").is_some());
}

#[test]
fn volumes_are_declared_and_files_are_there() {
    let compose = yaml("compose.yaml");
    let mut used = BTreeSet::new();
    for (name, service) in services() {
        for volume in texts(&service["volumes"]) {
            let source = volume.split(':').next().unwrap();
            if source.starts_with('.') {
                assert!(path(source).exists(), "{name}: {source}");
                assert!(volume.ends_with(":ro"), "{name}: {volume}");
            } else {
                used.insert(source.to_owned());
            }
        }
    }
    let declared: BTreeSet<String> = keys(&compose["volumes"])
        .iter()
        .map(|&n| n.to_owned())
        .collect();
    assert_eq!(used, declared);
    // What is kept has to be kept where the programs write.
    let tempo = yaml("tempo/tempo.yaml");
    let services = services();
    let folder = texts(&services["tempo"]["volumes"]).pop().unwrap();
    let folder = folder.split(':').next_back().unwrap().to_owned();
    for place in ["/storage/trace/local/path", "/storage/trace/wal/path"] {
        assert!(
            at(&tempo, place).starts_with(&format!("{folder}/")),
            "{place}"
        );
    }
    let config = texts(&services["tempo"]["command"])[0]
        .split_once('=')
        .unwrap()
        .1;
    let mounted = texts(&services["tempo"]["volumes"])[0];
    assert!(mounted.contains(&format!(":{config}:")), "{mounted}");
}

#[test]
fn it_has_the_time_to_end_in() {
    let services = services();
    let patience = at(&services["demo"], "/stop_grace_period");
    assert!(seconds(patience) >= time_to_end(), "{patience}");
}
