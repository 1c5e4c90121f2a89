//! What may become a tag. Whatever the client can choose freely is replaced by a constant here: a
//! tag has a place in memory for each of its values, in this process and in every system behind
//! it.

#[cfg(feature = "axum")]
use axum::extract::MatchedPath;
use http::{Extensions, Method, StatusCode, Version};

/// The `method` of a request whose method is not one of the nine standard ones.
pub const OTHER_METHOD: &str = "OTHER";

/// The `route` of a request that no route of the router matched, or whose route is not known.
pub const UNMATCHED_ROUTE: &str = "unmatched";

/// The method, if it is a standard one. They are upper case; `get` is another method than `GET`.
pub(crate) fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => OTHER_METHOD,
    }
}

/// The version as one writes it after `HTTP/`.
pub(crate) fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "other",
    }
}

/// The first digit of the status. RFC 9110 wants codes above 599, which are invalid, treated as 5xx.
pub(crate) fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        ..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        500.. => "5xx",
    }
}

/// The template of the matched route, if axum has matched one.
#[cfg(feature = "axum")]
pub(crate) fn matched(extensions: &Extensions) -> Option<&str> {
    extensions
        .get::<MatchedPath>()
        .map(MatchedPath::as_str)
        .filter(|path| is_public(path))
}

/// Nobody who could tell is known.
#[cfg(not(feature = "axum"))]
pub(crate) fn matched(_: &Extensions) -> Option<&str> {
    None
}

/// Whether a template is one that the application wrote. Axum routes fallbacks and nested services
/// through wildcards of its own; what those matched is no route of the application.
#[cfg(feature = "axum")]
fn is_public(template: &str) -> bool {
    // A wildcard is the last part of a template, and its name is short: looked at from behind.
    let bytes = template.as_bytes();
    let last = bytes.iter().rposition(|byte| *byte == b'{');
    !last.is_some_and(|at| bytes[at..].starts_with(b"{*__private__axum"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_is_not_standard_is_other() {
        assert_eq!(method(&Method::PATCH), "PATCH");
        for odd in ["get", "BREW", "PROPFIND", "X-A8F3"] {
            assert_eq!(
                method(&Method::from_bytes(odd.as_bytes()).unwrap()),
                OTHER_METHOD
            );
        }
    }

    #[test]
    fn every_standard_method_is_itself() {
        for own in [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE",
        ] {
            assert_eq!(method(&own.parse().unwrap()), own);
        }
    }

    #[test]
    fn versions_and_classes_are_few() {
        let versions = [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2].map(version);
        assert_eq!(versions, ["1.0", "1.1", "2"]);
        for (status, class) in [
            (100, "1xx"),
            (101, "1xx"),
            (200, "2xx"),
            (299, "2xx"),
            (304, "3xx"),
            (404, "4xx"),
            (499, "4xx"),
            (500, "5xx"),
            (999, "5xx"),
        ] {
            assert_eq!(status_class(StatusCode::from_u16(status).unwrap()), class);
        }
    }

    #[cfg(feature = "axum")]
    #[test]
    fn wildcards_of_the_routers_own_are_not_public() {
        assert!(is_public("/users/{id}"));
        assert!(is_public("/files/{*path}"));
        assert!(!is_public("/{*__private__axum_fallback}"));
        assert!(!is_public("/api/{*__private__axum_fallback}"));
        assert!(!is_public("/static/{*__private__axum_nest_tail_param}"));
    }
}
