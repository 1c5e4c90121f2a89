//! [`Target`]: where a request goes.

use http::uri::{Authority, Scheme};
use http::{HeaderMap, Uri, header};

/// A host and its port; that of the scheme if none was named.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'t> {
    pub(super) host: &'t str,
    pub(super) port: Option<u16>,
}

impl<'t> Target<'t> {
    pub(super) fn of_uri(uri: &'t Uri) -> Option<Self> {
        let host = uri.host()?;
        let of_scheme = || match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => Some(80),
            Some(scheme) if *scheme == Scheme::HTTPS => Some(443),
            _ => match uri.scheme_str() {
                Some("ws") => Some(80),
                Some("wss") => Some(443),
                _ => None,
            },
        };
        Some(Self {
            host,
            port: uri.port_u16().or_else(of_scheme),
        })
    }

    fn of_authority(authority: &'t Authority) -> Self {
        Self {
            host: authority.host(),
            port: authority.port_u16(),
        }
    }
}

/// Calls `then` with where the request goes: what its URI says, which is what clients connect to,
/// or the one `host` header of a request that is sent over a connection made before.
pub(super) fn with_target<R>(
    uri: &Uri,
    headers: &HeaderMap,
    then: impl FnOnce(Option<Target<'_>>) -> R,
) -> R {
    if let Some(target) = Target::of_uri(uri) {
        return then(Some(target));
    }
    let mut all = headers.get_all(header::HOST).iter();
    let authority: Option<Authority> = match (all.next(), all.next()) {
        (Some(host), None) => Authority::try_from(host.as_bytes()).ok(),
        _ => None,
    };
    then(authority.as_ref().map(Target::of_authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(uri: &str, hosts: &[&str]) -> Option<(String, Option<u16>)> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, host.parse().unwrap());
        }
        with_target(&uri.parse().unwrap(), &headers, |target| {
            target.map(|target| (target.host.to_owned(), target.port))
        })
    }

    #[test]
    fn the_uri_wins_over_the_header() {
        assert_eq!(
            target("https://a.test/x", &["b.test"]),
            Some(("a.test".to_owned(), Some(443)))
        );
        assert_eq!(
            target("/x", &["b.test:81"]),
            Some(("b.test".to_owned(), Some(81)))
        );
    }

    #[test]
    fn a_header_that_is_no_host_or_not_alone_is_nothing() {
        assert_eq!(target("/x", &[]), None);
        assert_eq!(target("/x", &["a.test", "b.test"]), None);
        for odd in ["", "a b", "a/b", "http://a.test", "a.test\\@b.test"] {
            assert_eq!(target("/x", &[odd]), None, "{odd}");
        }
    }
}
