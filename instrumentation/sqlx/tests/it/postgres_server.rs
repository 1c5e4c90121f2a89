//! A PostgreSQL server of our own, for as long as somebody uses it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Listens on a socket in its folder only, so that no port is needed. Stopped when dropped.
pub(crate) struct Server {
    folder: PathBuf,
    programs: Programs,
}

/// Tests that run side by side share one; the last one stops it.
pub(crate) fn shared() -> Arc<Server> {
    static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let server = Arc::new(Server::start());
        *shared = Arc::downgrade(&server);
        server
    })
}

impl Server {
    pub(crate) fn start() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("telemetry-sqlx-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        // Whatever goes wrong from here on, the drop cleans up.
        let server = Self {
            folder,
            programs: Programs::find(),
        };
        server.programs.give(&server.folder);
        let data = server.data();
        server.run(
            "initdb",
            &["-A", "trust", "-U", "postgres", "--no-sync", "-D", &data],
        );
        let options = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c fsync=off -c max_connections=90",
            server.folder.display()
        );
        let log = server.folder.join("log");
        let log = log.to_str().unwrap();
        server.run(
            "pg_ctl",
            &["-w", "-D", &data, "-l", log, "-o", &options, "start"],
        );
        server
    }

    fn data(&self) -> String {
        self.folder.join("data").to_str().unwrap().to_owned()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let output = self.programs.run(program, arguments, &self.folder);
        assert!(
            output.status.success(),
            "{program}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
    }

    /// As if somebody had pulled the plug.
    pub(crate) fn kill(&self) {
        let data = self.data();
        let arguments = ["-D", &data, "-m", "immediate", "-w", "stop"];
        drop(self.programs.run("pg_ctl", &arguments, &self.folder));
    }

    /// Where names without a schema are looked for in `schema`.
    pub(crate) fn url(&self, schema: &str) -> String {
        let folder = self.folder.display();
        format!(
            "postgres://postgres@localhost/postgres?host={folder}&options[search_path]={schema}"
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Where PostgreSQL's programs are, and how they are run.
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
            .find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
            .expect("install PostgreSQL, or set PG_BIN to the folder of `initdb` and `pg_ctl`");
        let id = Command::new("id").arg("-u").output().expect("`id -u` runs");
        Self {
            folder,
            is_root: id.stdout.trim_ascii() == b"0",
        }
    }

    /// The server does not run as root.
    fn give(&self, folder: &Path) {
        if self.is_root {
            let status = Command::new("chown").arg("postgres").arg(folder).status();
            assert!(
                status.expect("`chown` runs").success(),
                "is there a user `postgres`?"
            );
        }
    }

    fn run(&self, program: &str, arguments: &[&str], within: &Path) -> Output {
        let program = self.folder.join(program);
        let mut command = if self.is_root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
            command.arg(program);
            command
        } else {
            Command::new(program)
        };
        command.args(arguments).current_dir(within);
        command.output().expect("PostgreSQL's programs run")
    }
}
