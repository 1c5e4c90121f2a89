//! What k6's types say of its scripts.

use std::path::PathBuf;
use std::process::Command;

use super::scripts::{Said, copy, run};

/// Runs TypeScript's compiler over the scripts, with something replaced.
async fn check_types(change: Option<(&str, &str, &str)>) -> Said {
    let variable = "K6_NODE_MODULES";
    let found_by = "set K6_NODE_MODULES to the `node_modules` that has `@types/k6` and `typescript`, \
                    as .ci/run does, and have `node` in the PATH";
    let modules = std::env::var_os(variable).unwrap_or_else(|| panic!("{found_by}"));
    let modules = PathBuf::from(modules);
    let folder = copy("k6", change);
    std::os::unix::fs::symlink(&modules, folder.0.join("node_modules")).expect("a link");
    let mut node = Command::new("node");
    node.arg(modules.join("typescript/bin/tsc"));
    node.arg("--project").arg(&folder.0);
    run(node).await
}

#[tokio::test]
#[ignore = "needs node with @types/k6 and typescript"]
async fn the_scripts_have_the_types_that_k6_publishes() {
    let said = check_types(None).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    // It would not be content with anything.
    for change in [
        ("http.js", "http.get(", "http.gett("),
        ("http.js", "http.expectedStatuses(status)", "status"),
        ("http.js", "redirects: 0", "redirect: 0"),
        ("http.js", "objective.routes", "objective.paths"),
        ("visits.js", "from \"k6/execution\"", "from \"k6/exec\""),
        (
            "visits.js",
            "scenario.iterationInTest",
            "scenario.iteration",
        ),
        ("load.js", "summaryTrendStats,\n}", "summaryTrends: [],\n}"),
        (
            "load.js",
            "gracefulStop,\n    ...",
            "graceful: \"30s\",\n    ...",
        ),
        (
            "load.js",
            "\"ramping-arrival-rate\"",
            "\"ramping-arrivals\"",
        ),
        ("smoke.js", "    rate: rate(visit, TIMES),\n", ""),
        ("smoke.js", "duration: minutes(0.5)", "duration: 30"),
        ("soak.js", "abort: minutes(10)", "abort: 10"),
        ("objectives.js", "\"target\": ", "\"traget\": "),
    ] {
        let said = check_types(Some(change)).await;
        assert_ne!(said.code, Some(0), "{change:?}");
        assert!(said.out.contains("error TS"), "{change:?}: {said:?}");
    }
}
