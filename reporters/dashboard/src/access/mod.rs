//! [`Access`]: who may look.

mod cookie;
mod gate;
mod limiter;
mod loopback;
mod origin;
mod sessions;
mod token;

use std::fmt;

pub(crate) use gate::{Area, Gate, Refusal};
pub(crate) use origin::is_from_here;
pub(crate) use sessions::Lease;

/// Who may look at a dashboard.
///
/// A dashboard changes nothing, but it shows what a program does. Who may see that is for its host to
/// say, so there is no default that lets in strangers.
///
/// | | who | for |
/// |---|---|---|
/// | [`loopback`](Self::loopback) | programs and browsers on the same machine | development; an SSH tunnel to a server |
/// | [`token`](Self::token) | whoever knows the token | a dashboard on a network |
/// | [`host_decides`](Self::host_decides) | everybody whose request gets to the router | an application with a login of its own |
///
/// ```
/// use telemetry_dashboard::Access;
///
/// let token = std::env::var("DASHBOARD_TOKEN");
/// let access = match token {
///     Ok(token) => Access::token(token).secure_cookies(true),
///     Err(_) => Access::loopback(),
/// };
/// ```
#[derive(Clone)]
pub struct Access(Kind);

#[derive(Clone)]
enum Kind {
    Loopback,
    Token { token: String, secure: bool },
    HostDecides,
}

impl Access {
    /// Programs and browsers on the same machine.
    ///
    /// A request is let in if all of this holds; otherwise the answer (403) says what is missing:
    ///
    /// - Its peer has a loopback address. The server has to tell the router who that is:
    ///   `axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())`.
    /// - It asks for `localhost`, an address in `127.0.0.0/8` or `[::1]`, with any port: a page of
    ///   someone else whose name suddenly means this machine (DNS rebinding) asks for that name.
    /// - Nothing says that a proxy passed it on: no `Forwarded`, `X-Forwarded-*`, `X-Real-IP`, `Via` or
    ///   the like, and not HTTP/1.0. With a proxy on the same machine every peer is local.
    /// - For numbers, not another site's page asks.
    ///
    /// A proxy that adds no header, speaks HTTP/1.1 and asks for `localhost` cannot be told from a
    /// browser. If there may be one, choose a [`token`](Self::token).
    #[must_use]
    pub fn loopback() -> Self {
        Self(Kind::Loopback)
    }

    /// Whoever knows this token: 16 to 512 visible ASCII characters, which is checked at the start.
    ///
    /// A browser is asked for it once, and then has a session for 12 hours at most, in a cookie that no
    /// script can read and no other site can use; sessions end with the process. A page that is open
    /// when its session ends, or is logged out, gets no more numbers. Scripts send
    /// `Authorization: Bearer <token>` with each request.
    ///
    /// After ten wrong tokens an address has another try every five seconds, scripts and people
    /// apart; sessions that there are go on. Behind a proxy all have one address, as they have if the
    /// server does not tell the router who asks (see [`loopback`](Self::loopback)). Each wrong one is an
    /// event `telemetry.dashboard.login.failure` (`count`; `kind`: `form` or `header`).
    ///
    /// The token itself travels in the clear on plain HTTP: beyond the machine itself there has to be
    /// TLS, here or in a proxy before it, and [`secure_cookies`](Self::secure_cookies).
    ///
    /// Make it long and random, such as the output of `openssl rand -hex 16`, and read it from the
    /// environment rather than write it into the program.
    #[must_use]
    pub fn token(token: impl Into<String>) -> Self {
        Self(Kind::Token {
            token: token.into(),
            secure: false,
        })
    }

    /// Whether the session's cookie is sent with HTTPS only: not unless this says so, as it would
    /// not work with plain HTTP. Means something with [`token`](Self::token) alone.
    #[must_use]
    pub fn secure_cookies(mut self, yes: bool) -> Self {
        if let Kind::Token { secure, .. } = &mut self.0 {
            *secure = yes;
        }
        self
    }

    /// Everybody who gets as far as the router: its host has decided, in a layer around it. A page that
    /// is open comes by again every quarter of an hour, and is refused if that layer does so by then.
    ///
    /// ```
    /// use axum::extract::Request;
    /// use axum::http::StatusCode;
    /// use axum::middleware::{Next, from_fn};
    /// # use telemetry_dashboard::{Access, Dashboard};
    /// # use telemetry_metrics::Aggregator;
    ///
    /// # fn is_admin(_: &Request) -> bool { false }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let aggregator = Aggregator::builder().start()?;
    /// let admins_only = from_fn(async |request: Request, next: Next| {
    ///     if is_admin(&request) {
    ///         Ok(next.run(request).await)
    ///     } else {
    ///         Err(StatusCode::FORBIDDEN)
    ///     }
    /// });
    /// let dashboard = Dashboard::builder(&aggregator)
    ///     .access(Access::host_decides())
    ///     .start()?;
    /// let app: axum::Router =
    ///     axum::Router::new().nest("/dashboard", dashboard.router().layer(admins_only));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn host_decides() -> Self {
        Self(Kind::HostDecides)
    }
}

/// Without the token.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Loopback => "Access::loopback",
            Kind::Token { .. } => "Access::token(..)",
            Kind::HostDecides => "Access::host_decides",
        })
    }
}
