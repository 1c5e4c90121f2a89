//! A PostgreSQL server of our own, for as long as a test runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection, PgConnection};

use super::{DEADLINE, eventually};

/// What the server's only user has to say.
pub(crate) const PASSWORD: &str = "hun/ter2@";

/// Listens on a socket in its folder only, so that nobody can take its port while it is away.
pub(crate) struct Postgres {
    folder: PathBuf,
    programs: Programs,
    child: Option<Child>,
}

impl Postgres {
    /// Starts one; when this returns, it answers.
    pub(crate) async fn start(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("demo-pg-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a folder");
        // Whatever goes wrong from here on, the drop cleans up.
        let mut server = Self {
            folder,
            programs: Programs::find(),
            child: None,
        };
        let password = server.folder.join("password");
        fs::write(&password, PASSWORD).expect("a file");
        server.programs.give(&server.folder);
        // Not SCRAM: not optimised, the client's side of it takes a third of a second each time.
        let output = server
            .programs
            .command("initdb", &server.folder)
            .args(["-A", "password", "-U", "demo", "--no-sync", "-E", "UTF8"])
            .arg(format!("--pwfile={}", password.display()))
            .arg(format!("--pgdata={}", server.folder.join("data").display()))
            .output()
            .expect("`initdb` runs");
        assert!(output.status.success(), "{output:?}");
        server.run().await;
        server
    }

    /// Runs the server on the data that are there.
    pub(crate) async fn run(&mut self) {
        let log = fs::File::options()
            .append(true)
            .create(true)
            .open(self.folder.join("log"))
            .expect("a log file");
        let child = self
            .programs
            .command("postgres", &self.folder)
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("-k")
            .arg(&self.folder)
            .args(["-c", "listen_addresses=", "-c", "fsync=off"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .expect("`postgres` runs");
        self.child = Some(child);
        let url = self.url();
        let ready = || async { PgConnection::connect(&url).await.is_ok() };
        eventually(ready, |ready| *ready).await;
    }

    /// As if somebody had pulled the plug: nobody is said goodbye to.
    pub(crate) fn kill(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        // It ends its own processes then, at once; killed, it would leave them to themselves.
        let _ = kill_process(Pid::from_child(&child), Signal::QUIT);
        let deadline = Instant::now() + DEADLINE;
        while Instant::now() < deadline && matches!(child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = child.kill();
        let _ = child.wait();
    }

    /// The URL of a database that is there from the beginning.
    pub(crate) fn url(&self) -> String {
        self.url_with("hun%2Fter2%40")
    }

    pub(crate) fn url_with(&self, password: &str) -> String {
        let folder = self.folder.display();
        format!("postgres://demo:{password}@localhost/postgres?host={folder}")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

#[expect(clippy::print_stderr, reason = "for whoever reads the failed test")]
impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("the server said:\n{}", self.log());
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Where PostgreSQL's programs are, and as whom they are run.
struct Programs {
    folder: PathBuf,
    is_root: bool,
}

impl Programs {
    /// In the folder `PG_BIN`, or in the `PATH`, or where Debian has them.
    fn find() -> Self {
        let own = std::env::var_os("PG_BIN").map(PathBuf::from);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
        let debian = debian.flatten().map(|version| version.path().join("bin"));
        let folder = own
            .into_iter()
            .chain(std::env::split_paths(&path))
            .chain(debian)
            .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
            .expect("install PostgreSQL, or set PG_BIN to the folder of `initdb`: run .ci/setup");
        Self {
            folder,
            is_root: rustix::process::geteuid().is_root(),
        }
    }

    /// The server refuses to run as root, so then it is somebody else's folder.
    fn give(&self, folder: &Path) {
        if self.is_root {
            let status = Command::new("chown")
                .args(["-R", "postgres"])
                .arg(folder)
                .status();
            let status = status.expect("`chown` runs");
            assert!(status.success(), "there is no user `postgres`");
        }
    }

    fn command(&self, program: &str, within: &Path) -> Command {
        let program = self.folder.join(program);
        let mut command = if self.is_root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
            command.arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(within);
        command
    }
}
