//! How Grafana is provisioned: data sources that know each other, and nobody who is not logged in.

use std::collections::BTreeSet;
use std::process::Command;

use demo_app::ops::DASHBOARDS;
use serde_json::Value;

use super::dashboards::{self, names};
use super::files::{at, keys, path, text, texts, toml, variables, yaml};
use super::image::Dockerfile;

const TEMPO: &str = "grafana/provisioning/datasources/tempo.yaml";
const PROMETHEUS: &str = "grafana/provisioning/datasources/prometheus.yaml";
const ON_FLY: &str = "grafana/prometheus-on-fly.yaml";
const PROVIDER: &str = "grafana/provisioning/dashboards/demo.yaml";

/// The only data source of a file.
fn source(name: &str) -> Value {
    let file = yaml(name);
    assert_eq!(keys(&file), ["apiVersion", "datasources"], "{name}");
    assert_eq!(file["apiVersion"], 1, "{name}");
    let sources = file["datasources"].as_array().expect("a list");
    assert_eq!(sources.len(), 1, "{name}");
    for key in keys(&sources[0]) {
        let known = [
            "name",
            "uid",
            "type",
            "access",
            "url",
            "isDefault",
            "editable",
            "jsonData",
            "secureJsonData",
        ];
        assert!(known.contains(&key), "{name}: {key}");
    }
    sources[0].clone()
}

/// The variables of the services that run Grafana: in Compose, and on Fly.
fn environments() -> [Value; 2] {
    let compose = yaml("compose.yaml");
    [
        compose["services"]["grafana"]["environment"].clone(),
        toml("grafana/fly.toml")["env"].clone(),
    ]
}

#[test]
fn data_sources_know_each_other() {
    let (tempo, prometheus, on_fly) = (source(TEMPO), source(PROMETHEUS), source(ON_FLY));
    let uid = at(&prometheus, "/uid");
    assert_eq!(at(&prometheus, "/type"), "prometheus");
    assert_eq!(at(&tempo, "/type"), "tempo");
    assert_eq!(at(&tempo, "/jsonData/tracesToMetrics/datasourceUid"), uid);
    let exemplars = &prometheus["jsonData"]["exemplarTraceIdDestinations"][0];
    assert_eq!(exemplars["name"], "trace_id");
    assert_eq!(exemplars["datasourceUid"], tempo["uid"]);
    // The same for whoever refers to it.
    for key in ["uid", "name", "type", "url", "isDefault"] {
        assert_eq!(on_fly[key], prometheus[key], "{key}");
    }
    let interval = at(&prometheus, "/jsonData/timeInterval");
    assert_eq!(at(&on_fly, "/jsonData/timeInterval"), interval);
    let scraped = yaml("prometheus/prometheus.yml");
    assert_eq!(at(&scraped, "/global/scrape_interval"), interval);
}

#[test]
fn each_variable_is_set() {
    let [compose, fly] = environments();
    // Set by `fly secrets set`.
    let secrets = ["PROMETHEUS_AUTHORIZATION"];
    for (files, environment) in [
        ([TEMPO, PROMETHEUS, PROVIDER], &compose),
        ([TEMPO, ON_FLY, PROVIDER], &fly),
    ] {
        for file in files {
            let text = text(file);
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            for variable in lines.flat_map(variables) {
                let is_set = environment.get(&variable).is_some();
                assert!(
                    is_set || secrets.contains(&&*variable),
                    "{file}: {variable}"
                );
            }
        }
    }
}

#[test]
fn nobody_is_let_in_who_has_no_account() {
    for environment in environments() {
        assert_eq!(environment["GF_AUTH_ANONYMOUS_ENABLED"], "false");
        assert_eq!(environment["GF_USERS_ALLOW_SIGN_UP"], "false");
    }
    let [_, fly] = environments();
    assert_eq!(fly["GF_SECURITY_COOKIE_SECURE"], "true");
    let app = toml("grafana/fly.toml");
    let host = format!("https://{}.fly.dev/", at(&app, "/app"));
    assert_eq!(at(&fly, "/GF_SERVER_ROOT_URL"), host);
    assert_eq!(app["http_service"]["force_https"], true);
}

/// Starts what the image starts, on a machine that has no Grafana.
fn start(password: Option<&str>) -> (Option<i32>, String) {
    let image = Dockerfile::read("grafana/Dockerfile");
    let entry: Vec<String> = serde_json::from_str(image.last("ENTRYPOINT")).unwrap();
    // Whoever has such a file is not to run it.
    let entry: Vec<String> = entry
        .iter()
        .map(|part| part.replace("/run.sh", "/nowhere/run.sh"))
        .collect();
    let mut command = Command::new(&entry[0]);
    command.args(&entry[1..]);
    command.env_remove("GF_SECURITY_ADMIN_PASSWORD");
    if let Some(password) = password {
        command.env("GF_SECURITY_ADMIN_PASSWORD", password);
    }
    let output = command.output().expect("a shell");
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn on_the_internet_it_does_not_start_without_a_password() {
    for password in [None, Some("")] {
        let (code, said) = start(password);
        assert_ne!(code, Some(0));
        assert!(
            said.contains("GF_SECURITY_ADMIN_PASSWORD: set it"),
            "{said}"
        );
    }
    let (code, said) = start(Some("secret"));
    assert_eq!(code, Some(127), "{said}");
    assert!(said.contains("/nowhere/run.sh"), "{said}");
}

#[test]
fn dashboards_are_where_they_are_looked_for() {
    let provider = yaml(PROVIDER);
    let provider = &provider["providers"][0];
    assert_eq!(provider["type"], "file");
    assert_eq!(provider["allowUiUpdates"], false);
    let folder = at(provider, "/options/path");
    let compose = yaml("compose.yaml");
    let mounted = texts(&compose["services"]["grafana"]["volumes"]);
    assert!(mounted.contains(&&*format!("./grafana/dashboards:{folder}:ro")));
    let image = Dockerfile::read("grafana/Dockerfile");
    assert!(
        image
            .all("COPY")
            .contains(&&*format!("dashboards {folder}"))
    );
    for environment in environments() {
        let home = at(&environment, "/GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH");
        let home = home.strip_prefix(folder).expect(home);
        assert!(
            path("grafana/dashboards").join(&home[1..]).exists(),
            "{home}"
        );
    }
    let files: BTreeSet<String> = std::fs::read_dir(path("grafana/dashboards"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let made = DASHBOARDS.iter().map(|one| one.file.to_owned());
    assert_eq!(files, made.collect());
}

/// What stands behind a span, asked as Grafana asks it for the span's route.
pub(crate) fn queries_of_a_span(route: &str) -> Vec<String> {
    let tempo = source(TEMPO);
    let link = &tempo["jsonData"]["tracesToMetrics"];
    let tag = &link["tags"][0];
    assert_eq!(at(tag, "/key"), "http.route", "what the span has");
    let matcher = format!("{}=\"{route}\"", at(tag, "/value"));
    let queries = link["queries"].as_array().expect("queries").iter();
    queries
        .map(|query| {
            // Once for the file, once for the link.
            let query = at(query, "/query").replace("$$", "$");
            assert!(query.contains("{$__tags}"), "{query}");
            query.replace("$__tags", &matcher)
        })
        .collect()
}

#[test]
fn a_span_leads_to_numbers_that_the_demo_has() {
    let known: BTreeSet<String> = DASHBOARDS
        .iter()
        .flat_map(|one| names(&dashboards::json(one)))
        .collect();
    for query in queries_of_a_span("/") {
        let before = query.split('{').next().unwrap();
        let name = before.rsplit('(').next().unwrap();
        assert!(known.contains(name), "{name}");
    }
}
