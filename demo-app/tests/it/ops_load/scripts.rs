//! The scripts, what they ask for, and what the demo counts of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use telemetry_metrics::Data;

use crate::support::folder::Folder;
use crate::support::{TestDemo, eventually};

/// The shapes, by the names of their files.
pub(super) const SHAPES: [&str; 4] = ["smoke", "load", "spike", "soak"];

/// A file or folder of `ops/`.
pub(super) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ops").join(name)
}

/// The scripts of a tool in a folder of their own, with something replaced, which must be there.
pub(super) fn copy(tool: &str, change: Option<(&str, &str, &str)>) -> Folder {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    let folder = Folder::new(&format!("{tool}-{number}"));
    for file in std::fs::read_dir(path(tool)).expect("the scripts") {
        let file = file.expect("a file").path();
        if file.is_file() {
            let name = file.file_name().expect("a name");
            std::fs::copy(&file, folder.0.join(name)).expect("a copy");
        }
    }
    if let Some((name, good, bad)) = change {
        let file = folder.0.join(name);
        let text = std::fs::read_to_string(&file).expect("the script");
        assert!(text.contains(good), "{name}: there is no {good}");
        std::fs::write(&file, text.replace(good, bad)).expect("a file");
    }
    folder
}

/// What a tool said, and the code that it ended with.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) error: String,
}

/// Runs a command until it ends, while the test's own demo goes on.
pub(super) async fn run(mut command: Command) -> Said {
    let ran = tokio::task::spawn_blocking(move || {
        let output = command.stdin(Stdio::null()).output();
        output.unwrap_or_else(|error| panic!("{command:?} does not start ({error}): run .ci/setup"))
    });
    let output = ran.await.expect("it ran");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Said {
        code: output.status.code(),
        out: text(output.stdout),
        error: text(output.stderr),
    }
}

/// How often: by method, route and status, such as `GET / 200`.
pub(super) type Requests = BTreeMap<String, u64>;

fn counted(demo: &TestDemo) -> Requests {
    let families = demo.aggregator().snapshot().families;
    let mut requests = Requests::new();
    for family in &families {
        if family.definition.name() != "demo.endpoint.stop.count" {
            continue;
        }
        for series in &family.series {
            let tags: BTreeMap<_, _> = series.tags(&family.definition).collect();
            let [method, route, status] = ["method", "route", "status"].map(|key| tags[key]);
            let Data::Counter(count) = series.data else {
                panic!("it is no counter");
            };
            *requests
                .entry(format!("{method} {route} {status}"))
                .or_default() += count;
        }
    }
    requests
}

/// What the demo has counted, once it is as much as it was asked for.
pub(super) async fn counts(demo: &TestDemo, asked: u64) -> Requests {
    let enough = |seen: &Requests| seen.values().sum::<u64>() >= asked;
    eventually(async || counted(demo), enough).await
}

/// The objectives that the scripts read.
pub(super) fn objectives() -> Vec<Value> {
    let text = std::fs::read_to_string(path("locust/objectives.json")).expect("the objectives");
    serde_json::from_str(&text).expect("a list")
}

/// How k6's scripts call the tag of an objective.
pub(super) fn tag(objective: &Value) -> String {
    let name = objective["name"].as_str().expect("a name");
    format!("slo_{}", name.replace('-', "_"))
}

#[test]
fn both_tools_are_held_to_the_same() {
    let module = std::fs::read_to_string(path("k6/objectives.js")).expect("the module");
    let (_, list) = module.split_once("export const OBJECTIVES = ").expect("it");
    let list: Vec<Value> = serde_json::from_str(list.trim_end().trim_end_matches(';')).unwrap();
    assert_eq!(list, objectives());
    assert!(!list.is_empty());
    for one in &list {
        let target = one["target"].as_f64().expect("a number");
        assert!(target > 0.0 && target < 1.0, "{one}");
        assert!(
            !one["routes"].as_array().expect("a list").is_empty(),
            "{one}"
        );
    }
}
