//! What is sent to be built, and what is copied of it: all that Cargo needs, and no more.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::files::{path, root, text};
use super::image::Dockerfile;
use crate::support::folder::Folder;

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        std::fs::copy(from, to).unwrap();
        return;
    }
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| panic!("{from:?}: {error}")) {
        let name = entry.unwrap().file_name();
        // As the ignore file has it.
        if name != "target" {
            copy(&from.join(&name), &to.join(&name));
        }
    }
}

/// A folder with what the Dockerfile copies, as the image has it before it compiles.
fn source(name: &str, without: &str) -> Folder {
    let folder = Folder::new(name);
    for name in Dockerfile::read("Dockerfile").copied() {
        if name != without {
            copy(&root().join(name), &folder.0.join(name));
        }
    }
    let _ = std::fs::remove_dir_all(folder.0.join("demo-app/deploy"));
    folder
}

fn cargo(folder: &Folder, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--locked", "--offline"])
        .current_dir(&folder.0)
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("deploy"),
        )
        .output()
        .expect("Cargo runs");
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

const METADATA: [&str; 4] = ["metadata", "--no-deps", "--format-version", "1"];

#[test]
fn what_is_copied_has_all_members() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: Value = toml::from_str(&manifest).unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap().len();
    let source = source("members", "");
    let metadata = cargo(&source, &METADATA).unwrap_or_else(|error| panic!("{error}"));
    let metadata: Value = serde_json::from_slice(&metadata).unwrap();
    assert_eq!(metadata["packages"].as_array().unwrap().len(), members);
}

#[test]
fn a_member_that_is_not_copied_would_be_missed() {
    for member in ["testing", "telemetry-metrics", "demo-app"] {
        let source = source(&format!("without-{member}"), member);
        let error = cargo(&source, &METADATA).expect_err("it is missing");
        assert!(error.contains(member), "{error}");
    }
}

#[test]
#[ignore = "compiles the application anew"]
fn what_is_copied_compiles() {
    let source = source("compiles", "");
    if let Err(error) = cargo(&source, &["check", "-p", "demo-app"]) {
        panic!("{error}");
    }
}

#[test]
fn what_is_sent_is_what_is_copied() {
    let ignored = text("Dockerfile.dockerignore");
    let mut lines = ignored
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    assert_eq!(lines.next(), Some("*"), "first nothing");
    let (sent, kept): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.starts_with('!'));
    let sent: BTreeSet<&str> = sent.iter().map(|line| &line[1..]).collect();
    let image = Dockerfile::read("Dockerfile");
    assert_eq!(sent, image.copied().into_iter().collect());
    assert_eq!(kept, ["demo-app/deploy", "**/target"]);
}

#[test]
fn so_it_is_with_the_other_images() {
    for folder in ["tempo", "grafana"] {
        let ignored = text(&format!("{folder}/.dockerignore"));
        let sent = ignored.lines().filter_map(|line| line.strip_prefix('!'));
        let image = Dockerfile::read(&format!("{folder}/Dockerfile"));
        let copied: BTreeSet<&str> = image.copied().into_iter().collect();
        assert_eq!(sent.collect::<BTreeSet<_>>(), copied, "{folder}");
        for name in copied {
            assert!(path(folder).join(name).exists(), "{name}");
        }
    }
}
