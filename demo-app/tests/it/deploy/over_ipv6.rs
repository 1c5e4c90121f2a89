//! The demo as Fly.io is told to run it, and a real receiver under Tempo's name, which has no IPv4 address.

use std::process::Command;

use serde_json::Value;

use super::files::{at, keys, parts, root, toml};
use crate::support::folder::Folder;

/// The ways to networks, mounts and processes of one's own, from the least privileged on; the last is
/// for those whom the system does not let.
const WAYS: [&[&str]; 3] = [
    &["unshare", "-nmpf"],
    &["unshare", "-rnmpf"],
    &["sudo", "-n", "--preserve-env", "unshare", "-nmpf"],
];

/// The first way that is allowed here.
fn way() -> Command {
    let command = |way: &[&str]| {
        let mut command = Command::new(way[0]);
        command
            .args(&way[1..])
            .args(["--kill-child", "--mount-proc"]);
        command
    };
    let is_allowed = |way: &&&[&str]| {
        let tried = command(way)
            .args(["sh", "-c", "ip link set lo up"])
            .output();
        tried.is_ok_and(|output| output.status.success())
    };
    let way = WAYS.iter().find(is_allowed);
    command(way.expect("a network of its own: `unshare` and `ip` have to be there, and allowed"))
}

fn attribute<'v>(of: &'v Value, key: &str) -> Option<&'v Value> {
    let mut attributes = of["attributes"].as_array()?.iter();
    let found = attributes.find(|attribute| attribute["key"] == key)?;
    Some(&found["value"]["string_value"])
}

#[test]
#[ignore = "needs ddapm-test-agent, Python, and a network of its own"]
fn traces_arrive_over_a_network_that_has_nothing_else() {
    let program = |variable: &str| {
        std::env::var(variable).unwrap_or_else(|_| {
            panic!("{variable} names a program: run .ci/setup, as .ci/run does")
        })
    };
    let fly = toml("fly.toml");
    let (_, name, _) = parts(at(&fly, "/env/OTLP_ENDPOINT"));
    let folder = Folder::new("over-ipv6");
    let mut command = way();
    for variable in keys(&fly["env"]) {
        command.env(variable, at(&fly, &format!("/env/{variable}")));
    }
    // Not those of the machine that this runs on.
    command.env_remove("DATABASE_URL").env_remove("STATSD");
    command
        .arg("sh")
        .arg(root().join("demo-app/tests/deploy/over_ipv6.sh"));
    command.args([name, &program("OTLP_RECEIVER"), &program("TEST_PYTHON")]);
    command.arg(&folder.0).arg(env!("CARGO_BIN_EXE_demo-app"));
    command.args(at(&fly, "/processes/app").split_whitespace());
    let output = command.output().expect("it runs");
    let log = |name: &str| std::fs::read_to_string(folder.0.join(name)).unwrap_or_default();
    assert!(
        output.status.success(),
        "{}\nthe demo said:\n{}\nthe receiver said:\n{}",
        String::from_utf8_lossy(&output.stderr),
        log("demo.log"),
        log("receiver.log"),
    );
    let output: Value = serde_json::from_slice(&output.stdout).expect("JSON");

    let requests = output["received"].as_array().unwrap().iter();
    let resources = requests.flat_map(|request| request["resource_spans"].as_array().unwrap());
    let mut routes = Vec::new();
    for resource in resources {
        let service = attribute(&resource["resource"], "service.name");
        assert_eq!(service, Some(&fly["env"]["OTEL_SERVICE_NAME"]));
        for scope in resource["scope_spans"].as_array().unwrap() {
            let spans = scope["spans"].as_array().unwrap().iter();
            // By this, Grafana finds the numbers of a span: see `tempo.yaml` of its data sources.
            routes.extend(spans.filter_map(|span| attribute(span, "http.route")));
        }
    }
    assert!(
        routes.iter().any(|route| **route == "/users-fast"),
        "{routes:?}"
    );
    let reporters = output["health"]["reporters"].as_array().unwrap();
    // No metrics: Tempo would refuse them.
    let otlp = |reporter: &&Value| reporter["reporter"].as_str().unwrap().starts_with("otlp");
    let otlp: Vec<&Value> = reporters.iter().filter(otlp).collect();
    assert_eq!(otlp.len(), 1, "{otlp:?}");
    assert_eq!(otlp[0]["reporter"], "otlp-traces");
    assert_eq!(otlp[0]["dropped"], 0, "{otlp:?}");
}
