//! The rules, as Prometheus's own tool sees them: checked, and run over series made for the purpose.

mod alarms;
mod burn;
mod cases;
mod docs;
mod keeping_back;
mod manager;
mod missing;
mod shapes;
mod slow;
mod source;
mod words;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Files for one run of a tool; gone when it is dropped.
pub(crate) struct Files(PathBuf);

impl Files {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("promtool-{}-{count}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).expect("a folder for the test's files");
        for (name, text) in files {
            std::fs::write(folder.join(name), text).expect("the test's file is written");
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    /// What a tool says about the files, and whether it is content.
    pub(crate) fn run(&self, tool: &str, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(tool)
            .args(arguments)
            .current_dir(&self.0)
            .output()
            .unwrap_or_else(|error| panic!("{tool} is not on the PATH (run .ci/setup): {error}"));
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        (output.status.success(), said)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
