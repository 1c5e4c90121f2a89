//! The Dockerfiles; and the program, run as the image would.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::files::{root, text};
use super::settings::configured;
use crate::support::folder::Folder;
use crate::support::{DEADLINE, http, runtime};

/// Where the demo listens within its container.
pub(crate) const PORT: u16 = 4000;

/// A Dockerfile, an instruction a line.
pub(crate) struct Dockerfile(Vec<String>);

impl Dockerfile {
    pub(crate) fn read(name: &str) -> Self {
        let text = text(name);
        let mut instructions = Vec::new();
        let mut open = String::new();
        // Comments may stand within an instruction, too.
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line.strip_suffix('\\') {
                Some(part) => open.push_str(part),
                None => instructions.push(std::mem::take(&mut open) + line),
            }
        }
        assert_eq!(open, "", "{name} ends within an instruction");
        Self(instructions)
    }

    /// The arguments of all instructions of a kind.
    pub(crate) fn all(&self, kind: &str) -> Vec<&str> {
        let arguments = self.0.iter().filter_map(|line| line.split_once(' '));
        arguments
            .filter(|(name, _)| *name == kind)
            .map(|(_, arguments)| arguments.trim())
            .collect()
    }

    /// The arguments of the last instruction of a kind, the one that counts.
    pub(crate) fn last(&self, kind: &str) -> &str {
        self.all(kind)
            .pop()
            .unwrap_or_else(|| panic!("no {kind} in {:?}", self.0))
    }

    /// What is copied from the folder that is built, by the instructions before the last stage.
    pub(crate) fn copied(&self) -> Vec<&str> {
        let copies = self.all("COPY").into_iter();
        let copies = copies.filter(|arguments| !arguments.starts_with("--from"));
        copies
            .flat_map(|arguments| {
                let mut words: Vec<&str> = arguments.split_whitespace().collect();
                words.pop();
                words.retain(|word| !word.starts_with("--"));
                words
            })
            .collect()
    }

    /// The variables that the image sets.
    pub(crate) fn environment(&self) -> Value {
        let set = self.all("ENV").into_iter();
        let set = set.map(|set| set.split_once('=').expect("NAME=VALUE"));
        set.map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

/// A version as numbers, of which some may be missing.
fn version(text: &str) -> Vec<u32> {
    text.split('.')
        .map(|part| part.parse().expect("a number"))
        .collect()
}

#[test]
fn the_compiler_is_new_enough_and_of_the_same_system() {
    let image = Dockerfile::read("Dockerfile");
    let (build, runtime) = (image.all("FROM")[0], image.last("FROM"));
    let build = build.split_whitespace().next().unwrap();
    let (rust, system) = build
        .strip_prefix("rust:")
        .and_then(|tag| tag.split_once("-slim-"))
        .expect(build);
    assert_eq!(runtime, format!("debian:{system}-slim"));
    let manifest = std::fs::read_to_string(root().join("demo-app/Cargo.toml")).unwrap();
    let manifest: Value = toml::from_str(&manifest).unwrap();
    let needed = manifest["package"]["rust-version"].as_str().unwrap();
    assert!(version(rust) >= version(needed), "{rust} < {needed}");
}

#[test]
fn the_program_is_built_as_it_is_locked_and_runs_as_nobody_in_particular() {
    let image = Dockerfile::read("Dockerfile");
    let build = image.all("RUN")[0];
    assert!(
        build.contains("cargo build --release --locked -p demo-app "),
        "{build}"
    );
    // Not a name: whoever runs the image could not tell that it is not root's.
    let (user, group) = image.last("USER").split_once(':').expect("UID:GID");
    assert!(user.parse::<u32>().unwrap() >= 1000 && group.parse::<u32>().unwrap() >= 1000);
    let folder = format!("install -d -o {user} -g {group} /data");
    assert_eq!(image.last("RUN"), folder);
    let program: Vec<String> = serde_json::from_str(image.last("ENTRYPOINT")).unwrap();
    assert_eq!(program.len(), 1, "flags are the command's");
    assert!(build.contains(&format!("/out{}", program[0])), "{build}");
    let config = configured(&[], &image.environment());
    assert!(!config.listen.ip().is_loopback());
    assert_eq!(config.listen.port(), PORT);
    assert_eq!(image.last("EXPOSE"), PORT.to_string());
}

/// A program that is ended when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_program_runs_with_nothing_but_what_the_image_gives_it() {
    let image = Dockerfile::read("Dockerfile");
    let folder = Folder::new("as-in-the-image");
    let program = folder.0.join("demo-app");
    // Where it was built, another user may not look.
    std::fs::copy(env!("CARGO_BIN_EXE_demo-app"), &program).unwrap();
    let empty = folder.0.join("empty");
    std::fs::create_dir_all(&empty).unwrap();
    for (path, mode) in [(&folder.0, 0o755), (&program, 0o755), (&empty, 0o555)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let mut command = if rustix::process::geteuid().is_root() {
        let (user, group) = image.last("USER").split_once(':').unwrap();
        let mut command = Command::new("setpriv");
        command.args([format!("--reuid={user}"), format!("--regid={group}")]);
        command.args(["--clear-groups", "--no-new-privs", "--bounding-set=-all"]);
        command.arg(&program);
        command
    } else {
        Command::new(&program)
    };
    command.env_clear().current_dir(&empty);
    command.env(
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    );
    for (name, value) in image.environment().as_object().unwrap() {
        let value = value.as_str().unwrap();
        command.env(name, value.replace(&format!(":{PORT}"), ":0"));
    }
    command.stdout(Stdio::piped());
    let mut running = Running(command.spawn().expect("it starts"));
    let mut line = String::new();
    let out = running.0.stdout.take().expect("piped");
    BufReader::new(out).read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("listening on http://");
    let address: SocketAddr = address.expect(&line).parse().unwrap();
    assert!(address.ip().is_unspecified());
    let mut hosts = vec!["127.0.0.1"];
    // Not every machine has it.
    if TcpListener::bind("[::1]:0").is_ok() {
        hosts.push("::1");
    }
    for host in hosts {
        let address = SocketAddr::new(host.parse().unwrap(), address.port());
        let reply = runtime().block_on(http::get(address, "/users-slow"));
        assert_eq!(reply.status, 200, "{host}");
    }
    kill_process(Pid::from_child(&running.0), Signal::TERM).unwrap();
    let deadline = Instant::now() + DEADLINE;
    let status = loop {
        match running.0.try_wait().unwrap() {
            Some(status) => break status,
            None => std::thread::sleep(std::time::Duration::from_millis(5)),
        }
        assert!(Instant::now() < deadline, "it does not end");
    };
    assert_eq!(status.code(), Some(0));
}
