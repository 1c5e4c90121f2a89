//! What the tools of others say of the files.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use demo_app::ops::DASHBOARDS;

use super::files::{path, root, text};
use crate::support::folder::Folder;

/// Runs a command; says whether it was content, and what it said.
fn run(command: &mut Command, found_by: &str) -> (bool, String) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}; {found_by}"));
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

fn hadolint(file: &Path) -> (bool, String) {
    let found_by = "set HADOLINT to its path, as .ci/run does";
    let hadolint = std::env::var_os("HADOLINT").unwrap_or_else(|| panic!("{found_by}"));
    run(Command::new(hadolint).arg("--no-color").arg(file), found_by)
}

fn compose(file: &Path) -> (bool, String) {
    let found_by = "set TEST_PYTHON to a Python that has `check-jsonschema`, as .ci/run does";
    let python = std::env::var_os("TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let mut command = Command::new(python);
    command.args([
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
    ]);
    run(command.arg(file), found_by)
}

/// The file with something replaced, which must be there, in a folder of its own.
fn spoilt(name: &str, good: &str, bad: &str) -> (Folder, PathBuf) {
    let text = text(name);
    assert!(text.contains(good), "there is no {good}");
    static LAST: AtomicU32 = AtomicU32::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    let folder = Folder::new(&format!("spoilt-{number}"));
    let file = folder.0.join(Path::new(name).file_name().unwrap());
    std::fs::write(&file, text.replacen(good, bad, 1)).unwrap();
    (folder, file)
}

#[test]
#[ignore = "needs hadolint"]
fn hadolint_has_no_complaint() {
    for name in ["Dockerfile", "tempo/Dockerfile", "grafana/Dockerfile"] {
        let (content, said) = hadolint(&path(name));
        assert!(content && said.is_empty(), "{name}: {said}");
    }
    // It would not be content with anything.
    for (good, bad) in [
        ("FROM debian:trixie-slim", "FROM debian"),
        ("WORKDIR /src", "WORKDIR src"),
        (
            "ENTRYPOINT [\"/usr/local/bin/demo-app\"]",
            "ENTRYPOINT demo-app",
        ),
    ] {
        let (_folder, file) = spoilt("Dockerfile", good, bad);
        let (content, said) = hadolint(&file);
        assert!(!content, "{bad}: {said}");
    }
}

#[test]
#[ignore = "needs Python with check-jsonschema"]
fn the_compose_file_is_as_specified() {
    let (content, said) = compose(&path("compose.yaml"));
    assert!(content, "{said}");
    for (good, bad) in [
        ("restart: unless-stopped", "restrat: unless-stopped"),
        ("condition: service_healthy", "condition: healthy"),
        ("cap_drop: [ALL]", "cap_drop: ALL"),
    ] {
        let (_folder, file) = spoilt("compose.yaml", good, bad);
        let (content, said) = compose(&file);
        assert!(!content && said.contains("validation"), "{bad}: {said}");
    }
}

/// The scripts by which the reporter's tests check the dashboards that its generator makes.
fn script(name: &str) -> PathBuf {
    root().join("reporters/prometheus/tests/grafana").join(name)
}

#[test]
#[ignore = "needs node with @grafana/schema and typescript"]
fn the_dashboards_have_the_types_that_grafana_publishes() {
    let found_by = "set GRAFANA_NODE_MODULES, as .ci/run does";
    let modules = std::env::var_os("GRAFANA_NODE_MODULES").unwrap_or_else(|| panic!("{found_by}"));
    for one in &DASHBOARDS {
        let folder = Folder::new(&format!("types-{}", one.file));
        let file = path("grafana/dashboards").join(one.file);
        let mut node = Command::new("node");
        node.arg(script("schema.mjs")).arg(&modules);
        let (content, said) = run(node.arg(file).arg(&folder.0), found_by);
        assert!(content, "{}: {said}", one.file);
    }
}

#[test]
#[ignore = "needs Python with grafana-foundation-sdk"]
fn the_dashboards_survive_grafanas_own_types() {
    let found_by = "set TEST_PYTHON, as .ci/run does";
    let python = std::env::var_os("TEST_PYTHON").unwrap_or_else(|| panic!("{found_by}"));
    for one in &DASHBOARDS {
        let file = path("grafana/dashboards").join(one.file);
        let mut command = Command::new(&python);
        let (content, said) = run(command.arg(script("round_trip.py")).arg(file), found_by);
        assert!(content, "{}: {said}", one.file);
    }
}
