//! Where a file of cases is found.

use std::ffi::OsString;
use std::path::Path;

use serde_json::Value as Json;

use crate::report::say;

/// The environment variable that names the directory to read in place of the crates' own copies.
pub const DIRECTORY: &str = "TELEMETRY_VECTORS_DIR";

/// A file of cases.
#[derive(Debug)]
pub struct Vectors {
    file: String,
    json: Json,
}

impl Vectors {
    /// The file in the directory that [`DIRECTORY`] names, if it is set: `None` if it is not there,
    /// which is said. Else the copy in `own`.
    ///
    /// # Panics
    ///
    /// If the crate's own copy is missing, or a file is not JSON.
    #[must_use]
    pub fn find(file: &str, own: &Path) -> Option<Self> {
        Self::find_with(|key| std::env::var_os(key), file, own)
    }

    /// As [`find`](Self::find), with an environment of the caller's.
    ///
    /// # Panics
    ///
    /// As [`find`](Self::find).
    #[must_use]
    pub fn find_with(
        environment: impl Fn(&str) -> Option<OsString>,
        file: &str,
        own: &Path,
    ) -> Option<Self> {
        let shared = environment(DIRECTORY).filter(|directory| !directory.is_empty());
        let path = shared.as_ref().map_or(own, Path::new).join(file);
        if shared.is_some() && !path.exists() {
            say(&format!(
                "vectors {file}: skipped, {} is not there",
                path.display()
            ));
            return None;
        }
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Some(Self::parse(file, &text))
    }

    /// A file of this text.
    ///
    /// # Panics
    ///
    /// If it is not JSON.
    #[must_use]
    pub fn parse(file: &str, text: &str) -> Self {
        let json = serde_json::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        let file = file.to_owned();
        Self { file, json }
    }

    /// The name of the file.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// All that is in it.
    #[must_use]
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// Its cases.
    ///
    /// # Panics
    ///
    /// If there are none: a file without cases proves nothing.
    #[must_use]
    pub fn cases(&self) -> &[Json] {
        let cases = self.json["cases"].as_array().map(Vec::as_slice);
        cases
            .filter(|cases| !cases.is_empty())
            .unwrap_or_else(|| panic!("{} has no cases", self.file))
    }
}

/// What a case is called in print.
#[must_use]
pub fn id(case: &Json) -> &str {
    case["id"].as_str().unwrap_or("a case without an id")
}
