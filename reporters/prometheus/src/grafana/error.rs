//! What can be wrong with a dashboard's settings.

use std::fmt;

use telemetry_metrics::Kind;

/// Why a dashboard cannot be made.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrafanaError {
    /// No definition has the name that was given for a golden signal or a role.
    UnknownDefinition {
        /// The signal, `rate`, `errors`, `duration` or `saturation`; or the role, such as `CPU time`.
        signal: &'static str,
        /// What was given.
        name: String,
    },
    /// A definition that cannot be what it was named for.
    Unsuitable {
        /// The signal or the role.
        signal: &'static str,
        /// The definition.
        name: String,
        /// Its kind.
        kind: Kind,
        /// What could.
        expected: &'static str,
    },
    /// A uid that Grafana does not take.
    Uid(String),
}

/// As it is displayed: it is what a `main` that returns it prints, and has to say what to do.
impl fmt::Debug for GrafanaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for GrafanaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownDefinition { signal, name } => write!(
                f,
                "no definition is called `{name}`, which is to tell `{signal}`: give \
                 the name as in the definition, such as `shop.endpoint.stop.count`"
            ),
            Self::Unsuitable {
                signal,
                name,
                kind,
                expected,
            } => write!(
                f,
                "`{signal}` needs {expected}, and `{name}` is shown as something else (it is a \
                 {kind})"
            ),
            Self::Uid(uid) => write!(
                f,
                "Grafana does not take `{}` as a uid: use 1 to 40 ASCII letters, digits, `-` and \
                 `_`",
                uid.escape_debug()
            ),
        }
    }
}

impl std::error::Error for GrafanaError {}
