//! The oldest Rust that the crates promise to work with.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::cargo::{Member, cargo, libraries, text};

/// `1.85.0` as numbers, so that `1.100` is more than `1.85`.
fn version(text: &str) -> (u64, u64) {
    let mut parts = text.split('.').map(|part| part.parse().expect("a number"));
    (
        parts.next().expect("a major version"),
        parts.next().unwrap_or_default(),
    )
}

#[test]
fn versions_are_compared_as_numbers() {
    assert!(version("1.100") > version("1.85.1"));
    assert_eq!(version("1.85"), version("1.85.0"));
}

#[test]
fn there_are_two_and_the_policy_names_them() {
    let policy = text("docs/releasing.md");
    let versions: BTreeSet<&str> = libraries()
        .map(|library| library.text("rust_version"))
        .collect();
    assert!(
        versions.iter().copied().eq(["1.85", "1.94"]),
        "{versions:?}"
    );
    for version in versions {
        assert!(policy.contains(&format!("Rust {version}")), "{version}");
    }
    let newer = libraries().filter(|library| library.text("rust_version") == "1.94");
    assert!(
        newer.map(Member::name).eq(["telemetry-sqlx"]),
        "and why is told there"
    );
}

/// In the versions of `Cargo.lock`, with all features, on the system that this runs on.
#[test]
fn no_dependency_needs_a_newer_one() {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let host = Command::new(rustc)
        .arg("-vV")
        .output()
        .expect("rustc runs")
        .stdout;
    let host = String::from_utf8(host).expect("text");
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .expect("a host");
    let arguments = [
        "metadata",
        "--format-version",
        "1",
        "--all-features",
        "--filter-platform",
        host,
    ];
    let metadata: Value = serde_json::from_str(&cargo(&arguments).0).expect("JSON");
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages: BTreeMap<String, Value> = list(&metadata["packages"])
        .into_iter()
        .map(|package| (package["id"].as_str().expect("an id").to_owned(), package))
        .collect();
    let nodes: BTreeMap<String, Value> = list(&metadata["resolve"]["nodes"])
        .into_iter()
        .map(|node| (node["id"].as_str().expect("an id").to_owned(), node))
        .collect();

    for library in libraries() {
        let promised = version(library.text("rust_version"));
        let mut seen = BTreeSet::new();
        let mut waiting = vec![library.text("id").to_owned()];
        while let Some(id) = waiting.pop() {
            if !seen.insert(id.clone()) {
                continue;
            }
            let package = &packages[&id];
            if let Some(needed) = package["rust_version"].as_str() {
                let (name, other) = (library.name(), &package["name"]);
                assert!(
                    version(needed) <= promised,
                    "{name} needs {other}, and that Rust {needed}"
                );
            }
            for dependency in list(&nodes[&id]["deps"]) {
                // For building and running it, not for testing it.
                if list(&dependency["dep_kinds"])
                    .iter()
                    .any(|kind| kind["kind"] != "dev")
                {
                    waiting.push(dependency["pkg"].as_str().expect("an id").to_owned());
                }
            }
        }
        assert!(seen.len() > 1, "{}", library.name());
    }
}
