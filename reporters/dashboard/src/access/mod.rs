//! [`Access`]: who may look.

/// Who may look at a dashboard.
#[derive(Debug, Clone)]
pub struct Access(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Loopback,
    HostDecides,
}

impl Access {
    /// Browsers and scripts on the same machine.
    #[must_use]
    pub fn loopback() -> Self {
        Self(Kind::Loopback)
    }

    /// Everybody who gets as far as the router: its host has decided.
    #[must_use]
    pub fn host_decides() -> Self {
        Self(Kind::HostDecides)
    }
}
