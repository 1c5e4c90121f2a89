//! [`Calls`]: the settings, and the beginning of a call.

use std::error::Error;
use std::sync::Arc;

use http::{HeaderMap, Method, Uri};
use telemetry::{NameError, Span, SpanContext, SpanName};
use tower_layer::Layer;

use super::hosts::Hosts;
use super::reason::Reasons;
use super::target::{Target, with_target};
use super::{Call, ClientLayer, ClientService, HostError, OTHER_HOST};
use crate::labels::{self, OTHER_METHOD};

/// Outgoing calls whose spans have one prefix: what is to be said about them, and to whom.
///
/// A tower client gets its [`layer`](Self::layer); for any other, a [`Call`] is
/// [begun](Self::begin) by hand. The [crate's page](crate#outgoing-calls) lists the events.
///
/// ```
/// use telemetry_http::Calls;
///
/// let calls = Calls::new("shop.api")?
///     .allow(["api.example.org", "*.s3.example.org"])?
///     .propagate_to(["*.internal"])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Calls {
    pub(super) settings: Arc<Settings>,
}

#[derive(Debug, Clone)]
pub(super) struct Settings {
    name: SpanName,
    allowed: Hosts,
    /// `None` is everywhere.
    propagate_to: Option<Hosts>,
    pub(super) reasons: Reasons,
}

impl Calls {
    /// Calls that emit `prefix.start`, `prefix.stop` and `prefix.exception`.
    ///
    /// # Errors
    ///
    /// A [`NameError`] if the prefix is not a name, or if too many names were made at run time.
    pub fn new(prefix: &str) -> Result<Self, NameError> {
        let settings = Settings {
            name: SpanName::new(prefix)?,
            allowed: Hosts::default(),
            propagate_to: None,
            reasons: Reasons::default(),
        };
        Ok(Self {
            settings: Arc::new(settings),
        })
    }

    /// Hosts that may be named in the metadata; all others are [`OTHER_HOST`].
    ///
    /// `api.example.org` is that host at any port, `api.example.org:8443` at this one, and
    /// `*.example.org` is all hosts below `example.org`. The metadata has the first entry that fits,
    /// as it is written here, in lower case.
    ///
    /// # Errors
    ///
    /// A [`HostError`] if one of them is no host.
    pub fn allow<H: AsRef<str>>(
        mut self,
        hosts: impl IntoIterator<Item = H>,
    ) -> Result<Self, HostError> {
        Arc::make_mut(&mut self.settings).allowed.add(hosts)?;
        Ok(self)
    }

    /// Sends `traceparent` to these hosts only; without this setting, to all. Hosts are written as
    /// in [`allow`](Self::allow).
    ///
    /// A `traceparent` tells the other side random numbers, and which of its requests belong
    /// together. One that the caller itself has put into a request to another host is left there.
    ///
    /// # Errors
    ///
    /// A [`HostError`] if one of them is no host.
    pub fn propagate_to<H: AsRef<str>>(
        mut self,
        hosts: impl IntoIterator<Item = H>,
    ) -> Result<Self, HostError> {
        let settings = Arc::make_mut(&mut self.settings);
        settings.propagate_to.get_or_insert_default().add(hosts)?;
        Ok(self)
    }

    /// Sends `traceparent` to nobody, or nobody but those that [`propagate_to`](Self::propagate_to)
    /// names.
    #[must_use]
    pub fn propagate_nowhere(mut self) -> Self {
        let settings = Arc::make_mut(&mut self.settings);
        settings.propagate_to.get_or_insert_default();
        self
    }

    /// Looks into errors of this type, and the errors that they come from, for the `reason`:
    /// `connect`, `timeout` or `closed`.
    ///
    /// `std::io::Error` and boxed errors are looked into anyway. A client's own error type has to be
    /// named here, because this crate knows no client; so does the error of its bodies.
    ///
    /// ```
    /// use hyper_util::client::legacy;
    /// use telemetry_http::Calls;
    ///
    /// let calls = Calls::new("shop.api")?.explain::<legacy::Error>();
    /// # Ok::<(), telemetry::NameError>(())
    /// ```
    #[must_use]
    pub fn explain<E: Error + 'static>(mut self) -> Self {
        Arc::make_mut(&mut self.settings).reasons.explain::<E>();
        self
    }

    /// Words of the application's own for the `reason`. The function is asked about the error and
    /// then, as long as it answers `None`, about those that it comes from.
    ///
    /// ```
    /// use hyper_util::client::legacy;
    /// use telemetry_http::Calls;
    ///
    /// let calls = Calls::new("shop.api")?.explain::<legacy::Error>().reason_with(|error| {
    ///     let error = error.downcast_ref::<legacy::Error>()?;
    ///     // Also where the name could not be resolved, or the certificate was refused.
    ///     error.is_connect().then_some("connect")
    /// });
    /// # Ok::<(), telemetry::NameError>(())
    /// ```
    #[must_use]
    pub fn reason_with(
        mut self,
        reason: impl Fn(&(dyn Error + 'static)) -> Option<&'static str> + Send + Sync + 'static,
    ) -> Self {
        Arc::make_mut(&mut self.settings).reasons.name(reason);
        self
    }

    /// The layer for tower services.
    #[must_use]
    pub fn layer(&self) -> ClientLayer {
        ClientLayer::from(self.clone())
    }

    /// Puts the [layer](Self::layer) around one service: for those who have no tower at hand.
    pub fn service<S>(&self, inner: S) -> ClientService<S> {
        self.layer().layer(inner)
    }

    /// Begins a call by hand. `target` is where it goes, a URL or a host; it is only looked for in
    /// the lists of hosts.
    ///
    /// ```
    /// # fn get(url: &str, traceparent: Option<&str>) -> std::io::Result<(u16, String)> {
    /// #     Ok((200, "{}".to_owned()))
    /// # }
    /// use telemetry_http::Calls;
    ///
    /// let calls = Calls::new("shop.api")?.allow(["api.example.org"])?;
    ///
    /// let url = "https://api.example.org/users/7";
    /// let call = calls.begin("GET", url);
    /// let traceparent = call.traceparent();
    /// match get(url, traceparent.as_ref().map(|value| value.as_str())) {
    ///     Ok((status, body)) => call.respond(status),
    ///     Err(error) => call.fail(&error),
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn begin(&self, method: &str, target: &str) -> Call {
        let method = Method::from_bytes(method.as_bytes());
        let method = method.map_or(OTHER_METHOD, |method| labels::method(&method));
        let settings = &self.settings;
        // A URL or an authority: both are URIs. What is neither is no host of any list.
        let uri = settings.has_lists().then(|| Uri::try_from(target).ok());
        let uri = uri.flatten();
        let sides = settings.sides(uri.as_ref().and_then(Target::of_uri));
        let span = settings.span(method, sides.host, SpanContext::current());
        Call::new(span, sides.propagate, settings.clone())
    }
}

/// What the settings say about where a call goes.
pub(super) struct Sides<'s> {
    pub(super) host: &'s str,
    pub(super) propagate: bool,
}

impl Settings {
    pub(super) fn is_observed(&self) -> bool {
        self.name.is_observed()
    }

    /// Whether it matters where a call goes.
    fn has_lists(&self) -> bool {
        !self.allowed.is_empty() || self.propagate_to.is_some()
    }

    pub(super) fn sides_of_request(&self, uri: &Uri, headers: &HeaderMap) -> Sides<'_> {
        if !self.has_lists() {
            return self.sides(None);
        }
        with_target(uri, headers, |target| self.sides(target))
    }

    fn sides(&self, target: Option<Target<'_>>) -> Sides<'_> {
        let host = target.and_then(|target| self.allowed.find(target));
        let propagate = self.propagate_to.as_ref().is_none_or(|hosts| {
            let found = target.and_then(|target| hosts.find(target));
            found.is_some()
        });
        Sides {
            host: host.unwrap_or(OTHER_HOST),
            propagate,
        }
    }

    /// The span of a call.
    pub(super) fn span(
        &self,
        method: &'static str,
        host: &str,
        parent: Option<SpanContext>,
    ) -> Span {
        telemetry::span!(parent: parent, self.name, {
            method,
            host,
            // Not known yet; named here so that the catalogue lists them.
            status: None::<u16>,
            status_class: None::<&str>,
        })
    }
}
