//! Where to send: URLs, as the specification of OTLP's exporters has them read.
//!
//! A *base* endpoint is for all signals, and each signal's path is appended to its own. An endpoint of
//! one signal is used as it stands. gRPC has paths of its own, so its endpoints have none.

use http::Uri;

use crate::transport::{Protocol, Signal};

/// Where collectors listen.
pub(crate) const DEFAULT_HTTP: &str = "http://localhost:4318";
/// Where they do for gRPC.
pub(crate) const DEFAULT_GRPC: &str = "http://localhost:4317";

/// The URL of one signal below an endpoint for all.
///
/// # Errors
///
/// A sentence that says what is wrong with it.
pub(crate) fn below(base: &str, signal: Signal, protocol: Protocol) -> Result<Uri, &'static str> {
    let uri = checked(base, protocol)?;
    if protocol == Protocol::Grpc {
        return Ok(uri);
    }
    if uri.query().is_some() {
        return Err(
            "a path is appended to it, so it cannot have a query; give the endpoint of each signal \
             instead",
        );
    }
    let path = uri.path().trim_end_matches('/');
    if path.ends_with(TRACES) || path.ends_with(METRICS) {
        return Err(
            "the path of each signal is appended to it: leave `/v1/traces` or `/v1/metrics` out, or \
             give it as the endpoint of that signal",
        );
    }
    let own = match signal {
        Signal::Traces => TRACES,
        Signal::Metrics => METRICS,
    };
    let whole = format!("{path}{own}");
    let mut parts = uri.into_parts();
    parts.path_and_query = Some(whole.parse().map_err(|_| NO_URL)?);
    Uri::from_parts(parts).map_err(|_| NO_URL)
}

/// The URL of one signal, as it was given for that.
///
/// # Errors
///
/// A sentence that says what is wrong with it.
pub(crate) fn of_signal(url: &str, protocol: Protocol) -> Result<Uri, &'static str> {
    checked(url, protocol)
}

/// What may be shown of a URL: neither a password nor a query, which may have a key in it.
pub(crate) fn shown(url: &str) -> String {
    const LONGEST: usize = 200;
    let (url, query) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
    let begins = |scheme: &&str| {
        let begin = url.get(..scheme.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    };
    let scheme = ["http://", "https://"].into_iter().find(begins);
    let (scheme, rest) = url.split_at(scheme.map_or(0, str::len));
    // Also what is no user information by the rules, but looks like it.
    let shown = match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}...@{host}"),
        // The query may be the end of a password.
        None if query.contains('@') => format!("{scheme}..."),
        None => format!("{scheme}{rest}"),
    };
    let shown = shown.chars().filter(|c| !c.is_control());
    shown.take(LONGEST).collect()
}

const TRACES: &str = "/v1/traces";
const METRICS: &str = "/v1/metrics";

const NO_URL: &str = "it is no URL";

fn checked(url: &str, protocol: Protocol) -> Result<Uri, &'static str> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err("it begins with neither `http://` nor `https://`");
    };
    match scheme.to_ascii_lowercase().as_str() {
        "http" => {}
        "https" if cfg!(feature = "tls") => {}
        "https" => return Err("`https` needs the feature `tls` of telemetry-opentelemetry"),
        _ => return Err("only `http` and `https` can be in front of `://`"),
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(
            "a user and a password do not belong into it: send them as a header, \
             `authorization: Basic ..`",
        );
    }
    if rest.contains('#') {
        return Err("it has a fragment (`#`), which is never sent");
    }
    let uri: Uri = url.parse().map_err(|_| NO_URL)?;
    let host = uri.host().unwrap_or_default();
    if host.is_empty() {
        return Err("the host is missing");
    }
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').unwrap_or_default();
        if address.parse::<std::net::Ipv6Addr>().is_err() {
            return Err("what is in brackets is no IPv6 address");
        }
    }
    if authority.len() > host.len() && !matches!(uri.port_u16(), Some(1..)) {
        return Err("the port is not a number from 1 to 65535");
    }
    if protocol == Protocol::Grpc && (uri.path() != "/" || uri.query().is_some()) {
        return Err("gRPC has paths of its own: leave out what follows the host and the port");
    }
    Ok(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTTP: Protocol = Protocol::HttpProtobuf;

    fn traces(base: &str) -> String {
        below(base, Signal::Traces, HTTP).map_or_else(str::to_owned, |uri| uri.to_string())
    }

    #[test]
    fn the_path_of_the_signal_is_appended_to_a_base() {
        for (base, whole) in [
            ("http://localhost:4318", "http://localhost:4318/v1/traces"),
            ("http://localhost:4318/", "http://localhost:4318/v1/traces"),
            ("HTTP://127.0.0.1", "http://127.0.0.1/v1/traces"),
            ("http://[::1]:4318", "http://[::1]:4318/v1/traces"),
            ("http://[::1]", "http://[::1]/v1/traces"),
            ("http://otel.shop/in", "http://otel.shop/in/v1/traces"),
            ("http://otel.shop/a/b/", "http://otel.shop/a/b/v1/traces"),
        ] {
            assert_eq!(traces(base), whole);
        }
        let metrics = below("http://h:1/x/", Signal::Metrics, HTTP).unwrap();
        assert_eq!(metrics.to_string(), "http://h:1/x/v1/metrics");
    }

    #[test]
    fn an_endpoint_of_a_signal_stays_as_it_is() {
        for (url, whole) in [
            ("http://h:1", "http://h:1/"),
            ("http://h:1/", "http://h:1/"),
            ("http://h:1/x/", "http://h:1/x/"),
            ("http://h:1/x?key=1", "http://h:1/x?key=1"),
        ] {
            assert_eq!(of_signal(url, HTTP).unwrap().to_string(), whole);
        }
    }

    #[test]
    fn what_is_no_endpoint_is_told_apart() {
        for (url, why) in [
            ("", "neither"),
            ("localhost:4318", "neither"),
            ("ftp://h", "only `http`"),
            ("http://", "no URL"),
            ("http://:4318", "host is missing"),
            ("http://h:0", "the port"),
            ("http://h:", "the port"),
            ("http://h:70000", "the port"),
            ("http://h:x", "the port"),
            ("http://me:secret@h", "header"),
            ("http://h/#x", "fragment"),
            ("http://h h", "no URL"),
            ("http://[::1", "no URL"),
            ("http://[::g]:1", "no IPv6"),
            ("http://h/?a=b", "query"),
            ("http://h/v1/traces", "leave"),
            ("http://h/v1/metrics/", "leave"),
        ] {
            let said = traces(url);
            assert!(said.contains(why), "{url}: {said}");
        }
    }

    #[test]
    fn grpc_has_no_path() {
        let grpc = |url: &str| below(url, Signal::Traces, Protocol::Grpc);
        assert_eq!(grpc("http://h:4317").unwrap().to_string(), "http://h:4317/");
        assert_eq!(grpc("http://h:4317/").unwrap().path(), "/");
        assert!(grpc("http://h:4317/x").is_err());
    }

    #[test]
    fn secrets_of_urls_are_not_shown() {
        assert_eq!(
            shown("https://me:secret@h:1/x?key=secret"),
            "https://...@h:1/x"
        );
        assert_eq!(shown("me:secret@h"), "...@h");
        assert_eq!(shown("http://me:sec?ret@h"), "http://...");
        assert_eq!(shown("HTTP://me:sec#ret@h"), "HTTP://...");
        assert_eq!(shown("http://me:sec/ret@h"), "http://...@h");
        assert_eq!(shown("me:secret@http://h"), "...@http://h");
        assert_eq!(shown("ftp://h"), "ftp://h");
        assert_eq!(shown("http://h/x"), "http://h/x");
        assert_eq!(shown("http://h\n/x"), "http://h/x");
        assert_eq!(shown(&"x".repeat(1_000)).len(), 200);
    }
}
