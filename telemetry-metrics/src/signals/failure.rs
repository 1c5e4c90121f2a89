//! [`Failure`]: which series of a definition count failures.

use crate::definition::Definition;

/// How a definition's series tell failures from the rest: by the value of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure<'d> {
    /// By the tag of this key, `outcome`: `error`, `panic`, and what programs of their own making
    /// say, `exception` and `timeout`.
    Outcome(&'d str),
    /// By the tag of this key, `status` or `status_code`: 500 to 599.
    Status(&'d str),
}

impl<'d> Failure<'d> {
    /// What the definition's tags allow; an outcome says more than a status.
    #[must_use]
    pub fn of(definition: &'d Definition) -> Option<Self> {
        let status = || tag(definition, "status").or_else(|| tag(definition, "status_code"));
        tag(definition, "outcome")
            .map(Self::Outcome)
            .or_else(|| status().map(Self::Status))
    }

    /// The tag's key.
    #[must_use]
    pub fn tag(self) -> &'d str {
        match self {
            Self::Outcome(tag) | Self::Status(tag) => tag,
        }
    }

    /// Whether the tag's value is that of a failure.
    #[must_use]
    pub fn is_failure(self, value: &str) -> bool {
        match self {
            Self::Outcome(_) => ["error", "panic", "exception", "timeout"].contains(&value),
            Self::Status(_) => {
                let is_digits = value.bytes().all(|byte| byte.is_ascii_digit());
                value.len() == 3 && value.starts_with('5') && is_digits
            }
        }
    }
}

/// The tag that is called so, but for characters that many systems write as `_`.
pub(super) fn tag<'d>(definition: &'d Definition, key: &str) -> Option<&'d str> {
    let plain = |byte: u8| {
        if byte.is_ascii_alphanumeric() {
            byte
        } else {
            b'_'
        }
    };
    let mut tags = definition.tags().iter().map(String::as_str);
    tags.find(|tag| tag.bytes().map(plain).eq(key.bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_of_servers_that_failed_are_failures_and_nothing_that_looks_like_one() {
        let status = Failure::Status("status");
        assert!(status.is_failure("500") && status.is_failure("599"));
        for other in ["404", "50", "5000", "5xx", "", "5é"] {
            assert!(!status.is_failure(other), "{other}");
        }
    }

    #[test]
    fn outcomes_that_are_failures_are_known_by_name() {
        let outcome = Failure::Outcome("outcome");
        assert!(outcome.is_failure("error") && outcome.is_failure("panic"));
        assert!(!outcome.is_failure("ok") && !outcome.is_failure("cancelled"));
    }
}
