//! Somebody watches the dashboard in a real browser, while there is something to watch.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::Signal;

use crate::support::program::Program;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/dashboard.mjs");

/// Where the pictures are that the README and the documentation show.
const SHOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/images");

const FLAGS: [&str; 4] = ["--load", "10", "--password-cost", "low"];

#[test]
#[ignore = "needs Chromium, Node.js, playwright-core and axe-core; .ci/run installs them and runs this"]
fn who_watches_sees_what_happens() {
    let program = Program::start(&FLAGS);
    let address = program.address.to_string();
    let folder = std::env::temp_dir().join(format!("demo-dashboard-{}", std::process::id()));
    let pictures = Pictures(folder);
    std::fs::create_dir_all(&pictures.0).expect("a folder");
    let mut script = Script::start(&address, &pictures.0);

    script.wait_for("restart");
    program.signal(Signal::TERM);
    let mut program = program;
    assert_eq!(
        program.wait().code(),
        Some(0),
        "it stops while it is watched"
    );
    script.wait_for("lost");
    // Flags that come later win.
    let again = [&FLAGS[..], &["--listen", &address]].concat();
    let program = Program::start(&again);
    script.tell("restarted");
    script.end();
    drop(program);
    pictures.renew();
}

struct Script {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
}

impl Script {
    fn start(address: &str, pictures: &Path) -> Self {
        let folder = |name: &str| {
            std::env::var(name).unwrap_or_else(|_| {
                panic!("{name} names a folder of Node.js modules: run .ci/setup, as .ci/run does")
            })
        };
        let browser = std::env::var("BROWSER").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
        let mut child = Command::new("node")
            .arg(SCRIPT)
            .args([&format!("http://{address}"), &browser])
            .args([folder("BROWSER_NODE_MODULES"), folder("AXE_NODE_MODULES")])
            .arg(pictures)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("node does not start ({error}): run .ci/setup"));
        let out = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, out }
    }

    /// Waits for what the script says next.
    fn wait_for(&mut self, word: &str) {
        let mut line = String::new();
        let read = self.out.read_line(&mut line);
        if read.is_ok() && line.trim_end() == word {
            return;
        }
        let mut said = String::new();
        if let Some(mut errors) = self.child.stderr.take() {
            let _ = errors.read_to_string(&mut said);
        }
        panic!("{line:?} instead of {word}: {said}");
    }

    fn tell(&mut self, word: &str) {
        let input = self.child.stdin.as_mut().expect("piped");
        writeln!(input, "{word}").expect("it listens");
    }

    fn end(mut self) {
        let mut said = String::new();
        let mut errors = self.child.stderr.take().expect("piped");
        let _ = errors.read_to_string(&mut said);
        assert!(self.child.wait().expect("a child").success(), "{said}");
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder that is gone after the test.
struct Pictures(PathBuf);

impl Pictures {
    /// Puts those that are shown in their place, with `RENEW_PICTURES` set; then it takes minutes.
    fn renew(&self) {
        for look in ["light", "dark"] {
            let taken = self.0.join(format!("overview-{look}.png"));
            let png = std::fs::read(&taken).expect("a picture");
            assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
            assert!(png.len() > 15_000, "{} shows nothing", taken.display());
            let shown = Path::new(SHOWN).join(format!("dashboard-{look}.png"));
            if std::env::var_os("RENEW_PICTURES").is_some() {
                let taken = self.0.join(format!("shown-{look}.png"));
                std::fs::copy(&taken, &shown).expect("a place for the picture");
            }
            assert!(
                shown.exists(),
                "the picture of the dashboard: run with RENEW_PICTURES=1"
            );
        }
    }
}

impl Drop for Pictures {
    fn drop(&mut self) {
        if std::env::var_os("KEEP_PICTURES").is_none() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}
