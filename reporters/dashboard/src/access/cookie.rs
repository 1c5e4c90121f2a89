//! The cookie in which a browser keeps its session.
//!
//! It has no `Path`: a browser then takes the directory of the address that set it, which is the mount
//! as the browser sees it. Whatever is named here would be wrong behind a proxy that strips a prefix.
//!
//! Cookies are for all ports of a machine, so the name says which port was asked: else each login of one
//! dashboard would log out from those on other ports. The name means no more than that; what a cookie
//! is worth its id says.

use std::fmt::Write;

use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};

use super::origin;
use super::sessions::Id;

const NAME: &str = "telemetry_dashboard";

/// Of several (other mounts, other ports of the machine) so many are tried.
const MAX_TRIED: usize = 64;

/// The ids of sessions that a request brings.
pub(super) fn read(headers: &HeaderMap) -> impl Iterator<Item = Id> {
    let values = headers.get_all(COOKIE).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    let pairs = values.flat_map(|value| value.split(';'));
    let ours = pairs.filter_map(|pair| match pair.trim().split_once('=') {
        Some((name, value)) if is_ours(name) => Some(value),
        _ => None,
    });
    ours.take(MAX_TRIED).filter_map(id)
}

fn is_ours(name: &str) -> bool {
    let port = name.strip_prefix(NAME);
    port.is_some_and(|port| port.is_empty() || port.starts_with('_'))
}

fn id(text: &str) -> Option<Id> {
    let mut id = Id::default();
    if text.len() != 2 * id.len() {
        return None;
    }
    let digits = text.as_bytes().chunks_exact(2);
    for (byte, pair) in id.iter_mut().zip(digits) {
        let [high, low] = [pair[0], pair[1]].map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? * 16 + low?).ok()?;
    }
    Some(id)
}

/// Gives a session to a browser.
pub(super) fn set(request: &Parts, id: &Id, secure: bool) -> Option<HeaderValue> {
    let mut text = name(request) + "=";
    for byte in id {
        write!(text, "{byte:02x}").ok()?;
    }
    finish(text, secure)
}

/// Takes it away.
pub(super) fn clear(request: &Parts, secure: bool) -> Option<HeaderValue> {
    finish(name(request) + "=; Max-Age=0", secure)
}

/// With the port, if the browser says one.
fn name(request: &Parts) -> String {
    let ports = origin::hosts(request).filter_map(|host| host.rsplit_once(':')?.1.parse().ok());
    match { ports }.next() {
        Some::<u16>(port) => format!("{NAME}_{port}"),
        None => NAME.to_owned(),
    }
}

fn finish(mut text: String, secure: bool) -> Option<HeaderValue> {
    text.push_str("; HttpOnly; SameSite=Strict");
    if secure {
        text.push_str("; Secure");
    }
    let mut value = HeaderValue::try_from(text).ok()?;
    // Kept out of what prints headers.
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use axum::http::header::HOST;

    use super::*;

    fn asked(host: &str) -> Parts {
        let request = Request::builder().header(HOST, host).body(());
        request.unwrap().into_parts().0
    }

    #[test]
    fn a_cookie_comes_back_as_it_was_given() {
        let given: Id = std::array::from_fn(|at| u8::try_from(at * 8).unwrap());
        let cookie = set(&asked("localhost:3000"), &given, true).unwrap();
        let cookie = cookie.to_str().unwrap();
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        assert_eq!(attributes, "HttpOnly; SameSite=Strict; Secure");
        assert!(pair.starts_with("telemetry_dashboard_3000="), "{pair}");
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=b".parse().unwrap());
        headers.append(COOKIE, format!("c; {pair} ;d=e").parse().unwrap());
        assert_eq!(read(&headers).collect::<Vec<_>>(), [given]);
    }

    #[test]
    fn each_port_has_a_cookie_of_its_own() {
        for (host, name) in [
            ("localhost:3000", "telemetry_dashboard_3000"),
            ("[::1]:80", "telemetry_dashboard_80"),
            ("shop.example", "telemetry_dashboard"),
            ("[::1]", "telemetry_dashboard"),
            ("a:b; c=d", "telemetry_dashboard"),
            ("a:99999", "telemetry_dashboard"),
            ("", "telemetry_dashboard"),
        ] {
            let cookie = clear(&asked(host), false).unwrap();
            let cookie = cookie.to_str().unwrap();
            let attributes = "=; Max-Age=0; HttpOnly; SameSite=Strict";
            assert_eq!(cookie, name.to_owned() + attributes, "{host}");
            assert!(is_ours(name));
        }
        assert!(!is_ours("telemetry_dashboards") && !is_ours("telemetry"));
    }

    #[test]
    fn what_is_no_session_is_passed_over() {
        let long = "0".repeat(65);
        let odd = "g".repeat(64);
        let plus = "+1".repeat(32);
        for value in ["", "00", &long, &odd, &plus, "ü"] {
            let mut headers = HeaderMap::new();
            let cookie = format!("{NAME}={value}");
            headers.append(COOKIE, HeaderValue::from_bytes(cookie.as_bytes()).unwrap());
            assert_eq!(read(&headers).count(), 0, "{value}");
        }
        let many = format!("{NAME}={}; ", "0".repeat(64)).repeat(100);
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, many.parse().unwrap());
        assert_eq!(read(&headers).count(), MAX_TRIED);
    }
}
