//! The receiver's process.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::client;

/// The environment variable that says where `ddapm-test-agent` is.
pub const PROGRAM: &str = "OTLP_RECEIVER";

/// It takes one second, and many where much is going on.
const PATIENCE: Duration = Duration::from_secs(60);

/// A port that was free is not, now and then, when it is taken.
const ATTEMPTS: u32 = 10;

/// Killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    folder: PathBuf,
    pub(crate) ports: Ports,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    /// For what it does beside OTLP.
    own: u16,
    pub(crate) http: u16,
    pub(crate) grpc: u16,
}

impl Ports {
    /// Ports that are free now.
    fn free() -> Self {
        let listeners = [(); 3].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let [own, http, grpc] = listeners
            .each_ref()
            .map(|listener| listener.as_ref().expect("a free port").local_addr())
            .map(|address| address.expect("bound").port());
        Self { own, http, grpc }
    }
}

impl Process {
    pub(crate) fn start() -> Self {
        let program = std::env::var_os(PROGRAM).map(PathBuf::from);
        let Some(program) = program.filter(|program| program.is_file()) else {
            panic!(
                "set {PROGRAM} to the executable of ddapm-test-agent: `pip install ddapm-test-agent`, \
                 or run .ci/setup, which installs it, and look at .ci/run"
            );
        };
        Self::start_program(&program)
    }

    fn start_program(program: &Path) -> Self {
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            let mut process = Self::spawn(program);
            match process.wait() {
                Ok(()) => return process,
                Err(why) => last = why,
            }
        }
        panic!("{} does not start: {last}", program.display());
    }

    fn spawn(program: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("telemetry-otlp-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a folder for the receiver");
        let log = File::create(folder.join("log")).expect("a file for what it says");
        let ports = Ports::free();
        let child = Command::new(program)
            .args(["--host", "127.0.0.1", "-p", &ports.own.to_string()])
            .args(["--otlp-http-port", &ports.http.to_string()])
            .args(["--otlp-grpc-port", &ports.grpc.to_string()])
            .arg("--snapshot-dir")
            .arg(&folder)
            .args(["--disable-llmobs-data-forwarding", "--log-level", "WARNING"])
            // What it says is in the file when it says it.
            .env("PYTHONUNBUFFERED", "1")
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn();
        match child {
            Ok(child) => Self {
                child,
                folder,
                ports,
            },
            Err(error) => {
                let _ = fs::remove_dir_all(&folder);
                panic!("{} does not start: {error}", program.display())
            }
        }
    }

    /// Until it listens on all its ports; or why it does not.
    fn wait(&mut self) -> Result<(), String> {
        // That it says so itself tells it from another process that took its port.
        let ready = format!("OTLP GRPC server on port {}", self.ports.grpc);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                return Err(format!("it ended ({status}), having said: {}", self.said()));
            }
            if self.said().contains(&ready) {
                return match client::get(self.ports.http, "/test/session/traces") {
                    Ok(_) => Ok(()),
                    Err(error) => Err(error.to_string()),
                };
            }
            if Instant::now() > deadline {
                return Err(format!("not within {PATIENCE:?}; it said: {}", self.said()));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it wrote to its standard output and error.
    pub(crate) fn said(&self) -> String {
        let said = fs::read(self.folder.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&said).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ports_differ() {
        let Ports { own, http, grpc } = Ports::free();
        assert!(own != http && http != grpc && own != grpc);
    }

    #[test]
    #[should_panic = "does not start: it ended (exit status: 1)"]
    fn a_program_that_ends_at_once_is_tried_again_and_given_up() {
        Process::start_program(Path::new("/bin/false"));
    }

    #[test]
    #[should_panic = "does not start"]
    fn a_program_that_is_none_is_given_up() {
        Process::start_program(Path::new("/nowhere/at/all"));
    }
}
