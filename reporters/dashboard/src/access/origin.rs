//! Which page asks, as browsers say.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue};

/// Whether no other site's page asks: a browser says so in `Sec-Fetch-Site`; who says nothing is no
/// browser, an old one, or one that asks by plain HTTP.
pub(super) fn is_from_here(headers: &HeaderMap) -> bool {
    let sites = headers.get_all("sec-fetch-site").iter();
    sites
        .map(|site| site.to_str().unwrap_or_default())
        .all(|site| matches!(site, "same-origin" | "none"))
}

/// Whether a form that was posted stood on a page of the same origin.
pub(super) fn posted_from_here(headers: &HeaderMap) -> bool {
    if headers.contains_key("sec-fetch-site") {
        return is_from_here(headers);
    }
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let own: Vec<String> = headers
        .get_all(HOST)
        .iter()
        // A proxy may ask for another name than its own. No form can set this one.
        .chain(headers.get_all("x-forwarded-host"))
        .map(text)
        .collect();
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
    use axum::http::HeaderName;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        pairs.collect()
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
            assert_eq!(posted_from_here(&headers(pairs)), expected, "{pairs:?}");
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
