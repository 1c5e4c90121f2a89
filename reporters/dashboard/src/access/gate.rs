//! [`Gate`]: decides about requests.

use std::fmt;
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderValue, StatusCode, request::Parts};

use super::limiter::{Limiter, Who};
use super::sessions::{Lease, Sessions};
use super::token::{self, Token};
use super::{Access, Kind, cookie, loopback, origin};
use crate::problem::DashboardError;
use crate::web::Problem;

/// How long a host's decision is good for a stream: then the page asks for another one, which the host
/// decides about as it is by then.
const HOST_DECIDED: Duration = Duration::from_secs(15 * 60);

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Area {
    /// Shows nothing of the program: assets, the login, the way to the overview.
    Open,
    Page,
    Api,
    Stream,
}

/// Why somebody is not let in.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Nobody knows who that is.
    LogIn,
    No(Problem),
}

pub(crate) enum Gate {
    Loopback,
    Token(Box<Guarded>),
    HostDecides,
}

/// What is behind a token.
pub(crate) struct Guarded {
    token: Token,
    secure: bool,
    sessions: Sessions,
    limiter: Limiter,
}

impl Gate {
    pub(crate) fn new(access: &Access) -> Result<Self, DashboardError> {
        Ok(match &access.0 {
            Kind::Loopback => Self::Loopback,
            Kind::HostDecides => Self::HostDecides,
            Kind::Token { token, secure } => Self::Token(Box::new(Guarded {
                token: Token::new(token).map_err(DashboardError::Token)?,
                secure: *secure,
                sessions: Sessions::default(),
                limiter: Limiter::default(),
            })),
        })
    }

    /// What stands behind the login, if there is one.
    pub(crate) fn guarded(&self) -> Option<&Guarded> {
        match self {
            Self::Token(guarded) => Some(guarded),
            _ => None,
        }
    }

    /// With a lease if it is not for as long as the dashboard is there.
    pub(crate) fn admit(&self, area: Area, request: &Parts) -> Result<Option<Lease>, Refusal> {
        match self {
            Self::HostDecides => Ok(Some(Lease::until(Instant::now() + HOST_DECIDED))),
            Self::Loopback => loopback::check(area, request)
                .map(|()| None)
                .map_err(|why| Refusal::No(Problem::new(StatusCode::FORBIDDEN, why))),
            Self::Token(_) if area == Area::Open => Ok(None),
            Self::Token(guarded) => guarded.admit(request),
        }
    }
}

impl Guarded {
    fn admit(&self, request: &Parts) -> Result<Option<Lease>, Refusal> {
        let lease = self.lease(&request.headers);
        if lease.is_some() {
            return Ok(lease);
        }
        let token = token::bearer(&request.headers).ok_or(Refusal::LogIn)?;
        self.check(token, Who::of(request, "header"))
            .map_err(Refusal::No)?;
        Ok(None)
    }

    /// How long a browser may look on, if it is logged in.
    fn lease(&self, headers: &HeaderMap) -> Option<Lease> {
        let now = Instant::now();
        cookie::read(headers).find_map(|id| self.sessions.lease(&id, now))
    }

    /// Whether a browser is logged in.
    pub(crate) fn knows(&self, headers: &HeaderMap) -> bool {
        self.lease(headers).is_some()
    }

    /// The cookie for whoever posted the token.
    pub(crate) fn log_in(&self, request: &Parts, token: &[u8]) -> Result<HeaderValue, Problem> {
        from_here(request)?;
        self.check(token, Who::of(request, "form"))?;
        let id = self.sessions.begin(Instant::now());
        id.and_then(|id| cookie::set(request, &id, self.secure))
            .ok_or_else(|| {
                Problem::busy("the system has no random numbers to make a session of", 5)
            })
    }

    /// Ends the session, and gives the cookie that takes the other one away.
    pub(crate) fn log_out(&self, request: &Parts) -> Result<Option<HeaderValue>, Problem> {
        from_here(request)?;
        cookie::read(&request.headers).for_each(|id| self.sessions.end(&id));
        Ok(cookie::clear(request, self.secure))
    }

    fn check(&self, token: &[u8], who: Who) -> Result<(), Problem> {
        let now = Instant::now();
        self.limiter.check(who, now).map_err(|seconds| Problem {
            retry_after: Some(seconds),
            ..Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too many wrong tokens: try again in a few seconds",
            )
        })?;
        if self.token.is(token) {
            return Ok(());
        }
        self.limiter.wrong(who, now);
        // For whoever wants to be told. Not more often than tokens may be tried.
        telemetry::execute!("telemetry.dashboard.login.failure", { count: 1 }, { kind: who.kind });
        Err(Problem {
            challenge: true,
            ..Problem::new(StatusCode::UNAUTHORIZED, "this is not the token")
        })
    }
}

fn from_here(request: &Parts) -> Result<(), Problem> {
    if origin::posted_from_here(request) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "another site's page sent this: log in or out on the dashboard's own page; a proxy before it \
         has to pass on `Host`, or say it in `X-Forwarded-Host`",
    ))
}

/// Without anything that is secret.
impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "Loopback",
            Self::Token(_) => "Token(..)",
            Self::HostDecides => "HostDecides",
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_host_decides_again_about_who_looks_on() {
        let gate = Gate::new(&Access::host_decides()).unwrap();
        let (request, ()) = Request::new(()).into_parts();
        let lease = gate.admit(Area::Stream, &request).unwrap().unwrap();
        let began = tokio::time::Instant::now();
        lease.over().await;
        let lasted = began.elapsed().as_secs_f64();
        assert!((899.0..901.0).contains(&lasted), "{lasted}");
    }
}
