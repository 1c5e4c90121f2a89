//! Whether a WebSocket was asked for by a page of this site.
//!
//! Browsers let every page open a WebSocket to every server, cookies included; only the server can
//! refuse. It compares the header `Origin`, which a page cannot forge, to the host that was asked.
//! The scheme is not compared: in front of this server there may be a proxy that speaks HTTPS. It has
//! to pass `Host` on as it is.

use axum::http::{HeaderMap, Uri, header};

/// Whether the handshake may go on. Without `Origin` it may: that is not a browser.
pub(super) fn is_ours(headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else {
        return true;
    };
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None, None) = (hosts.next(), hosts.next(), origins.next()) else {
        return false;
    };
    let (Ok(origin), Ok(host)) = (origin.to_str(), host.to_str()) else {
        return false;
    };
    // `null`, as sandboxed pages send it, has no scheme.
    let Some((scheme @ ("http" | "https"), _)) = origin.split_once("://") else {
        return false;
    };
    let (Ok(origin), Ok(host)) = (
        origin.parse::<Uri>(),
        format!("{scheme}://{host}").parse::<Uri>(),
    ) else {
        return false;
    };
    let port = |uri: &Uri| {
        uri.port_u16()
            .unwrap_or(if scheme == "https" { 443 } else { 80 })
    };
    match (origin.host(), host.host()) {
        (Some(theirs), Some(ours)) => {
            !theirs.is_empty() && theirs.eq_ignore_ascii_case(ours) && port(&origin) == port(&host)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(host: &str, origins: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.append(header::HOST, host.parse().unwrap());
        for origin in origins {
            headers.append(header::ORIGIN, origin.parse().unwrap());
        }
        is_ours(&headers)
    }

    #[test]
    fn pages_of_this_site_may() {
        for (host, origin) in [
            ("127.0.0.1:4000", "http://127.0.0.1:4000"),
            ("[::1]:4000", "http://[::1]:4000"),
            ("demo.example", "https://demo.example"),
            ("demo.example", "https://DEMO.example:443"),
            ("demo.example:80", "http://demo.example"),
        ] {
            assert!(ours(host, &[origin]), "{host} {origin}");
        }
        assert!(ours("demo.example", &[]), "not a browser");
    }

    #[test]
    fn others_may_not() {
        for origin in [
            "http://evil.example",
            "http://demo.example.evil.example",
            "http://evil.example/demo.example",
            "http://demo.example@evil.example",
            "http://demo.example:81",
            "https://demo.example:80",
            "ftp://demo.example",
            "null",
            "",
            "http://",
            "demo.example",
        ] {
            assert!(!ours("demo.example", &[origin]), "{origin}");
        }
        let ours_twice = ["http://demo.example", "http://evil.example"];
        assert!(!ours("demo.example", &ours_twice));
        assert!(!is_ours(
            &[(header::ORIGIN, "http://demo.example".parse().unwrap())]
                .into_iter()
                .collect()
        ));
    }
}
