//! The generated files of `ops/` and `deploy/`: they are those of the definitions and objectives.
//!
//! After a change of those, `RENEW_OPS=1 cargo test -p demo-app --test it ops::the_files` writes them anew.

mod panels;
mod promtool;

use std::path::{Path, PathBuf};

use demo_app::{Config, ops};

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
