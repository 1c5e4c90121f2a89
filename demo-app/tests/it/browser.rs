//! A real browser takes a tour through the demo, and the numbers are what it did.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::postgres::Postgres;
use crate::support::program::Program;
use crate::support::{eventually, http};

/// The tour's script, and the picture of it that the documentation shows.
const TOUR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/tour.mjs");
const SHOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/images/live.png");

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium, Node.js and playwright-core; .ci/run installs them and runs this"]
async fn what_a_visitor_does_is_what_is_counted() {
    let program = Program::start(&[]);
    tour(&program, "sqlite").await.renew();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium, Node.js, playwright-core and PostgreSQL; .ci/run installs them and runs this"]
async fn on_postgresql_as_well() {
    let server = Postgres::start("browser").await;
    let program = Program::start(&["--database", &server.url()]);
    tour(&program, "postgresql").await;
}

/// Runs the script against the program, and compares.
async fn tour(program: &Program, name: &str) -> Pictures {
    let pictures = Pictures::of(name);
    let done = run(&format!("http://{}", program.address), &pictures.0).await;
    let address = program.address;
    let metrics = || async { http::get(address, "/metrics").await.body };
    for (what, times) in done {
        let Some((name, tags)) = counter_of(&what) else {
            continue;
        };
        let counted = || async { total(&metrics().await, name, &tags) };
        let counted = eventually(counted, |counted| *counted >= times).await;
        assert_eq!(counted, times, "{what}");
    }
    pictures.check();
    pictures
}

async fn run(base: &str, pictures: &Path) -> BTreeMap<String, u64> {
    let modules = std::env::var("BROWSER_NODE_MODULES").expect(
        "BROWSER_NODE_MODULES names the folder that has playwright-core: run .ci/setup, as .ci/run does",
    );
    let browser = std::env::var("BROWSER").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    let child = Command::new("node")
        .arg(TOUR)
        .args([base, &browser, &modules])
        .arg(pictures)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("node does not start ({error}): run .ci/setup"));
    let done = tokio::task::spawn_blocking(move || child.wait_with_output());
    let output = done.await.expect("no panic").expect("an output");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The counter, and its labels, of something that was done.
fn counter_of(what: &str) -> Option<(&'static str, Vec<(&'static str, String)>)> {
    let words: Vec<&str> = what.split(' ').collect();
    let label = |name: &'static str, value: &str| (name, value.to_owned());
    Some(match words[..] {
        ["GET", "/no-such-page", status] => (
            "demo_endpoint_stop_count_total",
            vec![label("route", "unmatched"), label("status", status)],
        ),
        ["GET", "/panic", _] => (
            "demo_endpoint_exception_count_total",
            vec![label("route", "/panic")],
        ),
        ["GET", route, "cancelled"] => (
            "demo_endpoint_stop_count_total",
            vec![label("route", route), label("outcome", "cancelled")],
        ),
        [method @ ("GET" | "POST"), route, status] => (
            "demo_endpoint_stop_count_total",
            vec![
                label("method", method),
                label("route", route),
                label("status", status),
            ],
        ),
        ["sign_up", outcome] => (
            "demo_accounts_sign_up_count_total",
            vec![label("outcome", outcome)],
        ),
        ["log_in", "ok"] => (
            "demo_accounts_log_in_count_total",
            vec![label("outcome", "ok")],
        ),
        ["log_in", reason] => (
            "demo_accounts_log_in_count_total",
            vec![label("reason", reason)],
        ),
        ["todo", action] => (
            "demo_todos_change_count_total",
            vec![label("action", action), label("outcome", "ok")],
        ),
        ["live", event, "panic"] => (
            "demo_live_handle_event_exception_count_total",
            vec![label("event", event)],
        ),
        ["live", event, outcome] => (
            "demo_live_handle_event_stop_count_total",
            vec![label("event", event), label("outcome", outcome)],
        ),
        ["job", worker, "panic"] => (
            "demo_jobs_attempt_exception_count_total",
            vec![label("worker", worker)],
        ),
        ["job", worker, outcome] => (
            "demo_jobs_attempt_stop_count_total",
            vec![label("worker", worker), label("outcome", outcome)],
        ),
        ["quote", outcome] => (
            "demo_upstream_stop_count_total",
            vec![label("outcome", outcome)],
        ),
        ["log_out"] => ("demo_accounts_log_out_count_total", vec![]),
        _ => panic!("what is {what}?"),
    })
}

/// The sum of all series of a family that have these labels.
fn total(metrics: &str, name: &str, labels: &[(&str, String)]) -> u64 {
    let series = metrics.lines().filter(|line| {
        let rest = line.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with(['{', ' ']))
            && labels
                .iter()
                .all(|(label, value)| line.contains(&format!("{label}=\"{value}\"")))
    });
    series
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok())
        .sum()
}

/// Where the pictures go: into a folder that is gone after the test.
struct Pictures(PathBuf);

impl Pictures {
    fn of(name: &str) -> Self {
        let folder = format!("demo-pictures-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    /// They are pictures, of the size of the window, and not of one colour.
    fn check(&self) {
        for name in ["start", "account", "live", "activity", "jobs", "quote"] {
            let png = std::fs::read(self.path(name)).expect("a picture");
            assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n", "{name}");
            let size = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four"));
            assert_eq!((size(16), size(20)), (1180, 900), "{name}");
            assert!(png.len() > 15_000, "{name} shows nothing");
        }
    }

    /// Puts the one that the documentation shows in its place, with `RENEW_PICTURES` set.
    fn renew(&self) {
        let shown = Path::new(SHOWN);
        if std::env::var_os("RENEW_PICTURES").is_some() {
            std::fs::copy(self.path("live"), shown).expect("a place for the picture");
        }
        assert!(
            shown.exists(),
            "the picture of the live page: run with RENEW_PICTURES=1"
        );
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.png"))
    }
}

impl Drop for Pictures {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
