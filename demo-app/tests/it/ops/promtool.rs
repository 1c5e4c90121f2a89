//! What the tools of Prometheus say of the generated files.

use std::path::{Path, PathBuf};
use std::process::Command;

use demo_app::Config;
use demo_app::ops::{self, OpsError};

use crate::support::folder::Folder;

fn run(program: &str, arguments: &[&str], file: &Path) -> (bool, String) {
    let output = Command::new(program)
        .args(arguments)
        .arg(file)
        .output()
        .unwrap_or_else(|error| panic!("{program} does not start ({error}): run .ci/setup"));
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

fn content(program: &str, arguments: &[&str], file: &Path) {
    let (is_content, said) = run(program, arguments, file);
    assert!(is_content, "{}: {said}", file.display());
}

fn in_the_repository(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ops").join(file)
}

#[test]
#[ignore = "needs promtool and amtool"]
fn the_generated_files_are_what_prometheus_and_alertmanager_take() {
    for slo_speed in [1, 12, 60] {
        let folder = Folder::new(&format!("ops-{slo_speed}"));
        let config = Config {
            slo_speed,
            ..Config::default()
        };
        ops::write(&config, &folder.0).expect("a folder");
        let file = |name: &str| folder.0.join(name);
        content(
            "promtool",
            &["check", "rules"],
            &file("prometheus/rules.yml"),
        );
        content(
            "promtool",
            &["check", "config"],
            &file("prometheus/prometheus.yml"),
        );
        content(
            "amtool",
            &["check-config"],
            &file("alertmanager/alertmanager.yml"),
        );
    }
}

#[test]
#[ignore = "needs promtool"]
fn the_rules_do_what_is_expected_of_them() {
    content(
        "promtool",
        &["test", "rules"],
        &in_the_repository("prometheus/tests.yml"),
    );
    // It would not be content with any rules.
    let folder = Folder::new("ops-spoilt");
    for (good, bad) in [("> 0.0144", "> 0.144"), ("for: 1m\n", "for: 1h\n")] {
        for name in ["rules.yml", "tests.yml"] {
            let file = in_the_repository("prometheus").join(name);
            let text = std::fs::read_to_string(file).expect("a file");
            let text = match name {
                "rules.yml" => text.replace(good, bad),
                _ => text,
            };
            std::fs::write(folder.0.join(name), text).expect("a file");
        }
        let spoilt = folder.0.join("tests.yml");
        let (is_content, said) = run("promtool", &["test", "rules"], &spoilt);
        assert!(!is_content, "{bad}: {said}");
    }
}

#[test]
fn windows_that_are_too_short_for_prometheus_are_refused() {
    let config = Config {
        slo_speed: 720,
        ..Config::default()
    };
    let Err(OpsError::Rules(error)) = ops::files(&config) else {
        panic!("rules are made of windows of less than a second");
    };
    assert!(error.to_string().contains("scrape"), "{error}");
}
