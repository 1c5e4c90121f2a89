//! Which page asks, as browsers say.

use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue};

/// Whether no other site's page asks: a browser says so in `Sec-Fetch-Site`; who says nothing is no
/// browser, an old one, or one that asks by plain HTTP.
pub(crate) fn is_from_here(headers: &HeaderMap) -> bool {
    let sites = headers.get_all("sec-fetch-site").iter();
    sites
        .map(|site| site.to_str().unwrap_or_default())
        .all(|site| matches!(site, "same-origin" | "none"))
}

/// Who is asked: what `Host` says, and the address itself (HTTP/2 has no `Host`).
pub(super) fn hosts(request: &Parts) -> impl Iterator<Item = &str> {
    let hosts = request.headers.get_all(HOST).iter();
    let hosts = hosts.map(|host| host.to_str().unwrap_or_default());
    hosts.chain(request.uri.authority().map(Authority::as_str))
}

/// Whether a form that was posted stood on a page of the same origin.
pub(super) fn posted_from_here(request: &Parts) -> bool {
    let headers = &request.headers;
    if headers.contains_key("sec-fetch-site") {
        return is_from_here(headers);
    }
    let text = |value: &'_ HeaderValue| value.to_str().unwrap_or_default().to_owned();
    // A proxy may ask for another name than its own. No page of another site can set this one: a form
    // has no headers, and for a script's the browser asks first, which nobody here answers.
    let forwarded = headers.get_all("x-forwarded-host").iter().map(text);
    let own: Vec<String> = hosts(request).map(str::to_owned).chain(forwarded).collect();
    let mut origins = headers.get_all(ORIGIN).iter().map(text);
    origins.all(|origin| {
        let host = host_of(&origin);
        host.is_some_and(|host| own.iter().any(|own| own.eq_ignore_ascii_case(host)))
    })
}

/// The host, with its port, of an address such as `http://localhost:3000/x`.
pub(super) fn host_of(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let is_http = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    (is_http && !host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn request(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let request = headers
            .iter()
            .fold(Request::builder().uri(uri), |request, (name, value)| {
                request.header(*name, *value)
            });
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_form_of_another_site_is_told_from_ours() {
        for (pairs, expected) in [
            (&[][..], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "?")], false),
            // What the browser says counts for more than what a proxy made of `Host`.
            (
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("origin", "https://shop.example"),
                    ("host", "127.0.0.1:3000"),
                ],
                true,
            ),
            (
                &[("origin", "https://shop.example"), ("host", "Shop.example")],
                true,
            ),
            (
                &[
                    ("origin", "http://shop.example:81"),
                    ("host", "shop.example"),
                ],
                false,
            ),
            (
                &[
                    ("origin", "https://shop.example"),
                    ("host", "10.0.0.1:3000"),
                    ("x-forwarded-host", "shop.example"),
                ],
                true,
            ),
            (
                &[("origin", "https://evil.example"), ("host", "shop.example")],
                false,
            ),
            (&[("origin", "null"), ("host", "null")], false),
            (&[("origin", "https://shop.example")], false),
        ] {
            let posted = request("/login", pairs);
            assert_eq!(posted_from_here(&posted), expected, "{pairs:?}");
        }
        // As HTTP/2 has it.
        for (origin, expected) in [
            ("https://shop.example", true),
            ("https://evil.example", false),
        ] {
            let posted = request("https://shop.example/login", &[("origin", origin)]);
            assert_eq!(posted_from_here(&posted), expected, "{origin}");
        }
    }

    #[test]
    fn the_host_of_an_address_is_found() {
        assert_eq!(host_of("http://localhost:3000/a?b"), Some("localhost:3000"));
        assert_eq!(host_of("HTTPS://a"), Some("a"));
        assert_eq!(host_of("http://a?b/"), Some("a"));
        for none in ["", "null", "http://", "file:///x", "localhost", "//a"] {
            assert_eq!(host_of(none), None, "{none}");
        }
    }
}
