//! The generated files of `ops/` and `deploy/`: they are those of the definitions and objectives.
//!
//! After a change of those, `RENEW_OPS=1 cargo test -p demo-app --test it ops::the_files` writes them anew.

mod panels;
mod promtool;

use std::path::{Path, PathBuf};
use std::process::Command;

use demo_app::{Config, ops};

use crate::support::folder::Folder;

/// Where a generated file stands in the repository: dashboards are where Compose mounts them, and
/// where the image of Grafana is built.
fn place(file: &str) -> PathBuf {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR"));
    match file.strip_prefix("grafana/") {
        Some(dashboard) => demo.join("deploy/grafana/dashboards").join(dashboard),
        None => demo.join("ops").join(file),
    }
}

#[test]
fn the_files_are_those_of_the_definitions_and_objectives() {
    let mut old = Vec::new();
    for file in ops::files(&Config::default()).expect("the definitions are right") {
        let place = place(&file.path);
        if std::env::var_os("RENEW_OPS").is_some() {
            std::fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
            std::fs::write(&place, &file.text).expect("a place for it");
        }
        if std::fs::read_to_string(&place).unwrap_or_default() != file.text {
            old.push(file.path);
        }
    }
    assert!(
        old.is_empty(),
        "out of date: {old:?}; run this test with RENEW_OPS=1"
    );
}

#[test]
fn the_files_are_about_the_demo_that_is_started_so() {
    let config = Config {
        listen: "127.0.0.1:4555".parse().expect("an address"),
        slo_speed: 60,
        ..Config::default()
    };
    let flags = "demo-app --listen 127.0.0.1:4555 --slo-speed 60";
    for file in ops::files(&config).expect("the definitions are right") {
        if !file.path.ends_with(".yml") {
            continue;
        }
        let first = file.text.lines().next().expect("a line");
        assert!(first.starts_with('#') && first.contains(flags), "{first}");
        if file.path == "prometheus/prometheus.yml" {
            let asked = "targets: [\"127.0.0.1:4555\"]";
            assert!(file.text.contains(asked), "{}", file.text);
        }
    }
}

#[test]
fn the_program_says_what_it_has_written() {
    let folder = Folder::new("ops-said");
    let program = Command::new(env!("CARGO_BIN_EXE_demo-app"))
        .arg("--write-ops")
        .arg(&folder.0)
        .env_clear()
        .output()
        .expect("the program starts");
    assert!(program.status.success(), "{program:?}");
    let said = String::from_utf8(program.stdout).expect("text");
    let files = ops::files(&Config::default()).expect("the definitions are right");
    assert_eq!(said.lines().count(), files.len(), "{said}");
    for (line, file) in said.lines().zip(&files) {
        let path = folder.0.join(&file.path);
        assert_eq!(line, format!("wrote {}", path.display()));
        assert_eq!(
            std::fs::read_to_string(path).ok().as_ref(),
            Some(&file.text)
        );
    }
}
