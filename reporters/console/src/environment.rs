//! Environment variables, through a function that tests replace.

use std::fmt;

type Lookup = Box<dyn Fn(&str) -> Option<String> + Send>;

/// Answers what a variable is set to.
pub(crate) struct Environment(Lookup);

impl Environment {
    pub(crate) fn new(lookup: impl Fn(&str) -> Option<String> + Send + 'static) -> Self {
        Self(Box::new(lookup))
    }

    /// What a variable is set to; set to nothing is as good as not set.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self::new(|name| Some(std::env::var_os(name)?.to_string_lossy().into_owned()))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}
