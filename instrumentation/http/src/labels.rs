//! What may become a tag. Whatever the client can choose freely is replaced by a constant here: a
//! tag has a place in memory for each of its values, in this process and in every system behind
//! it.

use std::fmt::{self, Display, Write};

use axum::extract::MatchedPath;
use http::{Extensions, Method};

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

/// The route as the request's extensions tell it now.
pub(crate) fn route(extensions: &Extensions) -> &str {
    matched(extensions).unwrap_or(UNMATCHED_ROUTE)
}

/// The template of the matched route, if axum has matched one.
pub(crate) fn matched(extensions: &Extensions) -> Option<&str> {
    extensions
        .get::<MatchedPath>()
        .map(MatchedPath::as_str)
        .filter(|path| is_public(path))
}

/// Whether a template is one that the application wrote. Axum routes fallbacks and nested services
/// through wildcards of its own; what those matched is no route of the application.
fn is_public(template: &str) -> bool {
    !template.contains("{*__private__axum")
}

/// The first bytes of an error's text. Errors may quote what the client sent.
pub(crate) struct Brief<'e, E>(pub(crate) &'e E);

impl<E> Brief<'_, E> {
    const MAX: usize = 256;
}

impl<E: Display> Display for Brief<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Limited<'f, 'g> {
            f: &'f mut fmt::Formatter<'g>,
            left: usize,
        }
        impl Write for Limited<'_, '_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                let end = (0..=self.left.min(text.len()))
                    .rev()
                    .find(|at| text.is_char_boundary(*at))
                    .unwrap_or(0);
                self.f.write_str(&text[..end])?;
                // A cut text is at its end, even if there would be room for a shorter character.
                self.left = if end == text.len() {
                    self.left - end
                } else {
                    0
                };
                if self.left == 0 {
                    Err(fmt::Error)
                } else {
                    Ok(())
                }
            }
        }
        // The error is how the printing is stopped, and `to_string` would panic on one.
        let _ = write!(Limited { f, left: Self::MAX }, "{}", self.0);
        Ok(())
    }
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
    fn wildcards_of_the_routers_own_are_not_public() {
        assert!(is_public("/users/{id}"));
        assert!(is_public("/files/{*path}"));
        assert!(!is_public("/{*__private__axum_fallback}"));
        assert!(!is_public("/api/{*__private__axum_fallback}"));
        assert!(!is_public("/static/{*__private__axum_nest_tail_param}"));
    }

    #[test]
    fn the_text_of_an_error_is_cut_between_characters() {
        assert_eq!(Brief(&"short").to_string(), "short");
        assert_eq!(Brief(&"x".repeat(10_000)).to_string(), "x".repeat(256));
        let text = format!("x{}", "ü".repeat(10_000));
        assert_eq!(Brief(&text).to_string(), format!("x{}", "ü".repeat(127)));
    }

    #[test]
    fn an_error_that_cannot_print_itself_does_not_panic() {
        struct Silent;
        impl Display for Silent {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("half")?;
                Err(fmt::Error)
            }
        }
        assert_eq!(Brief(&Silent).to_string(), "half");
    }
}
