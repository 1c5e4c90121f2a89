//! Whether a request comes from the same machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::header::{ORIGIN, REFERER};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Version};

use super::gate::Area;
use super::origin;

/// Headers by which proxies say that they are there; and all that begin with `x-forwarded-`.
const FORWARDING: [&str; 16] = [
    "cdn-loop",
    "cf-connecting-ip",
    "client-ip",
    "fastly-client-ip",
    "fly-client-ip",
    "forwarded",
    "forwarded-for",
    "true-client-ip",
    "via",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-envoy-external-address",
    "x-forwarded",
    "x-original-forwarded-for",
    "x-original-host",
    "x-real-ip",
];

const OTHERWISE: &str = "or choose `Access::token` or `Access::host_decides`";

/// Why it does not, or perhaps not.
pub(super) fn check(area: Area, request: &Parts) -> Result<(), String> {
    let Some(peer) = request.extensions.get::<ConnectInfo<SocketAddr>>() else {
        return Err(format!(
            "this dashboard is for this machine alone, and cannot see who asks: serve the router with \
             `into_make_service_with_connect_info::<SocketAddr>()`, {OTHERWISE}"
        ));
    };
    if !is_local(peer.0.ip()) {
        return Err(format!(
            "this dashboard is for this machine alone: come through an SSH tunnel (`ssh -L`), \
             {OTHERWISE}"
        ));
    }
    if let Some(header) = forwarding(request) {
        return Err(format!(
            "this dashboard is for this machine alone, and `{header}` says that a proxy passed the \
             request on: ask without the proxy, {OTHERWISE}"
        ));
    }
    if request.version == Version::HTTP_10 || request.version == Version::HTTP_09 {
        return Err(format!(
            "this dashboard is for this machine alone, and HTTP/1.0 is what proxies speak: ask without \
             the proxy, by HTTP/1.1, {OTHERWISE}"
        ));
    }
    if !asks_for_this_machine(request) {
        return Err(format!(
            "this dashboard is for this machine alone, and has no other names: ask for `localhost`, \
             `127.0.0.1` or `[::1]`, {OTHERWISE}"
        ));
    }
    if matches!(area, Area::Api | Area::Stream) && !asked_by_this_machine(request) {
        return Err(format!(
            "this dashboard is for this machine alone, and another site asks for its numbers: open it \
             by an address with `localhost`, {OTHERWISE}"
        ));
    }
    Ok(())
}

/// Also if an IPv6 socket took an IPv4 connection.
fn is_local(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

fn forwarding(request: &Parts) -> Option<&str> {
    let mut names = request.headers.keys().map(HeaderName::as_str);
    names.find(|name| FORWARDING.contains(name) || name.starts_with("x-forwarded-"))
}

/// Neither `Host` nor the address itself names another machine, and one of the two names this one.
fn asks_for_this_machine(request: &Parts) -> bool {
    let mut all = origin::hosts(request).peekable();
    all.peek().is_some() && all.all(names_this_machine)
}

/// A page of the dashboard itself that came under another name, past a proxy that hides, says so here.
fn asked_by_this_machine(request: &Parts) -> bool {
    let is_local = |value: &HeaderValue| {
        let host = value.to_str().ok().and_then(origin::host_of);
        host.is_some_and(names_this_machine)
    };
    let headers = &request.headers;
    let origins = headers.get_all(ORIGIN).iter();
    let mut askers = origins.chain(headers.get_all(REFERER));
    origin::is_from_here(headers) && askers.all(is_local)
}

/// `localhost`, `127.0.0.0/8` or `[::1]`, with or without a port.
fn names_this_machine(host: &str) -> bool {
    let (name, port) = match host.rfind(':') {
        // A colon within brackets belongs to the address.
        Some(at) if !host[at..].contains(']') => (&host[..at], &host[at + 1..]),
        _ => (host, ""),
    };
    let is_port = port.is_empty() || (!port.starts_with('+') && port.parse::<u16>().is_ok());
    let is_address = name.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback());
    is_port && (name.eq_ignore_ascii_case("localhost") || name == "[::1]" || is_address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_known() {
        for host in [
            "localhost",
            "LocalHost:3000",
            "127.0.0.1",
            "127.1.2.3:80",
            "[::1]",
            "[::1]:65535",
            "localhost:",
        ] {
            assert!(names_this_machine(host), "{host}");
        }
        for host in [
            "",
            ":80",
            "example.com",
            "localhost.example.com",
            "localhost:65536",
            "localhost:+80",
            "localhost:80:80",
            "localhost@example.com",
            "user@localhost",
            "127.0.0.1.example.com",
            "127.0.0.1, example.com",
            "127.1",
            "0.0.0.0",
            "10.0.0.1",
            "::1",
            "[::1",
            "[::2]",
            "[::1]x",
            "[::ffff:127.0.0.1]:1]",
            " localhost",
        ] {
            assert!(!names_this_machine(host), "{host}");
        }
    }

    #[test]
    fn peers_on_this_machine_are_known() {
        for (ip, expected) in [
            ("127.0.0.1", true),
            ("127.9.9.9", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("::ffff:10.0.0.1", false),
            ("10.0.0.1", false),
            ("0.0.0.0", false),
            ("::", false),
            ("fe80::1", false),
        ] {
            assert_eq!(is_local(ip.parse().unwrap()), expected, "{ip}");
        }
    }
}
