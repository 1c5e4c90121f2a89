//! What Cargo says of the workspace.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("a workspace").to_owned()
}

/// A file of the workspace.
pub(crate) fn text(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs Cargo, with a folder for what it makes that no other build waits for. Nothing is downloaded if the
/// arguments say `--offline`, which what a build has left behind is enough for, but not for all features.
pub(crate) fn cargo(arguments: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--locked")
        .current_dir(root())
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("cargo"),
        )
        .env("CARGO_TERM_COLOR", "never")
        .output()
        .expect("Cargo runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "cargo {}: {said}",
        arguments.join(" ")
    );
    (String::from_utf8_lossy(&output.stdout).into_owned(), said)
}

/// A crate of the workspace.
pub(crate) struct Member(pub(crate) Value);

impl Member {
    pub(crate) fn name(&self) -> &str {
        self.text("name")
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_default()
    }

    pub(crate) fn texts(&self, key: &str) -> Vec<&str> {
        self.0[key]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    pub(crate) fn folder(&self) -> &Path {
        Path::new(self.text("manifest_path"))
            .parent()
            .expect("a folder")
    }

    /// The folder, as one that stands in the root writes it.
    pub(crate) fn place(&self) -> String {
        let place = self
            .folder()
            .strip_prefix(root())
            .expect("a folder of the workspace");
        place
            .to_str()
            .expect("a name that is text")
            .replace('\\', "/")
    }

    pub(crate) fn read(&self, file: &str) -> String {
        text(self.folder().join(file))
    }

    /// Whether it is made for the registry.
    pub(crate) fn is_published(&self) -> bool {
        self.0["publish"].is_null()
    }

    pub(crate) fn dependencies(&self) -> impl Iterator<Item = &Value> {
        self.0["dependencies"].as_array().into_iter().flatten()
    }
}

static MEMBERS: LazyLock<Vec<Member>> = LazyLock::new(|| {
    let (said, _) = cargo(&[
        "metadata",
        "--offline",
        "--no-deps",
        "--format-version",
        "1",
    ]);
    let mut metadata: Value = serde_json::from_str(&said).expect("JSON");
    let Value::Array(packages) = metadata["packages"].take() else {
        panic!("a list of packages")
    };
    let mut members: Vec<Member> = packages.into_iter().map(Member).collect();
    members.sort_by(|one, other| one.name().cmp(other.name()));
    members
});

/// By name.
pub(crate) fn members() -> &'static [Member] {
    &MEMBERS
}

/// The crates that are made for the registry, by name.
pub(crate) fn libraries() -> impl Iterator<Item = &'static Member> {
    members().iter().filter(|member| member.is_published())
}
