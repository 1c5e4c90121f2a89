//! A list of hosts, and what of it fits a host: the only way for a host to become a tag.

use std::fmt;

use http::uri::Authority;

use super::target::Target;

/// The `host` of a call to a host that is not on the list.
pub const OTHER_HOST: &str = "other";

/// A text is not a host.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostError {
    /// It is a URL, has a user's name in it, or characters that no host has.
    Invalid {
        /// The text.
        host: String,
    },
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { host } => write!(
                f,
                "{host:?} is not a host: write `api.example.org`, `api.example.org:8443` for one \
                 port only, or `*.example.org` for all hosts below"
            ),
        }
    }
}

impl std::error::Error for HostError {}

/// In the order in which they were given.
#[derive(Debug, Clone, Default)]
pub(super) struct Hosts(Vec<Entry>);

#[derive(Debug, Clone)]
struct Entry {
    /// As it becomes a tag.
    label: String,
    /// The host, or what it ends with, dot included.
    host: String,
    is_suffix: bool,
    port: Option<u16>,
}

impl Hosts {
    pub(super) fn add<H: AsRef<str>>(
        &mut self,
        hosts: impl IntoIterator<Item = H>,
    ) -> Result<(), HostError> {
        for host in hosts {
            let host = host.as_ref();
            let entry = Entry::parse(host).ok_or_else(|| HostError::Invalid {
                host: host.to_owned(),
            })?;
            self.0.push(entry);
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first entry that fits, as it was written.
    pub(super) fn find(&self, target: Target<'_>) -> Option<&str> {
        let entry = self.0.iter().find(|entry| entry.fits(target));
        entry.map(|entry| entry.label.as_str())
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        let label = text.to_ascii_lowercase();
        let is_suffix = label.starts_with("*.");
        let rest = if is_suffix { &label[1..] } else { &label };
        // The dot that a suffix begins with is the entry's business, not the authority's.
        let authority: Authority = rest.strip_prefix('.').unwrap_or(rest).parse().ok()?;
        let port = authority.port_u16();
        // What is left out of host and port is a user, or a port that is none.
        let whole = match port {
            Some(port) => format!("{}:{port}", authority.host()),
            None => authority.host().to_owned(),
        };
        let host = without_dot(authority.host());
        if host.is_empty() || host.starts_with('.') || host.contains('*') || whole != authority {
            return None;
        }
        Some(Self {
            host: if is_suffix {
                format!(".{host}")
            } else {
                host.to_owned()
            },
            label,
            is_suffix,
            port,
        })
    }

    fn fits(&self, target: Target<'_>) -> bool {
        let host = without_dot(target.host);
        let fits = if self.is_suffix {
            // By bytes: what is asked for need not be ASCII.
            let at = host.len().checked_sub(self.host.len());
            at.is_some_and(|at| {
                at > 0 && host.as_bytes()[at..].eq_ignore_ascii_case(self.host.as_bytes())
            })
        } else {
            host.eq_ignore_ascii_case(&self.host)
        };
        fits && (self.port.is_none() || self.port == target.port)
    }
}

/// `example.org.` is `example.org`, only more so.
fn without_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(list: &[&str]) -> Hosts {
        let mut hosts = Hosts::default();
        hosts.add(list).unwrap();
        hosts
    }

    #[track_caller]
    fn found<'h>(hosts: &'h Hosts, url: &str) -> Option<&'h str> {
        let uri: http::Uri = url.parse().unwrap();
        hosts.find(Target::of_uri(&uri).unwrap())
    }

    #[test]
    fn a_host_is_found_however_it_is_written() {
        let hosts = hosts(&["api.Example.org", "localhost:8080", "[::1]", "10.0.0.1"]);
        for url in [
            "https://api.example.org/users/7",
            "http://API.EXAMPLE.ORG:99/",
            "https://api.example.org./",
            "https://user:password@api.example.org/",
            "api.example.org",
        ] {
            assert_eq!(found(&hosts, url), Some("api.example.org"), "{url}");
        }
        assert_eq!(found(&hosts, "http://[::1]:7/"), Some("[::1]"));
        assert_eq!(found(&hosts, "http://10.0.0.1/"), Some("10.0.0.1"));
    }

    #[test]
    fn another_host_is_not_found_however_similar() {
        let hosts = hosts(&["api.example.org"]);
        for url in [
            "https://example.org/",
            "https://xapi.example.org/",
            "https://api.example.org.evil.test/",
            "https://api.example.org@evil.test/",
            "https://evil.test/api.example.org",
            "https://evil.test?api.example.org",
        ] {
            assert_eq!(found(&hosts, url), None, "{url}");
        }
    }

    #[test]
    fn an_entry_with_a_port_is_for_that_port_only_be_it_the_schemes() {
        let hosts = hosts(&["localhost:8080", "shop.test:443"]);
        let found = |url| found(&hosts, url);
        assert_eq!(found("http://localhost:8080/"), Some("localhost:8080"));
        assert_eq!(found("http://localhost/"), None);
        assert_eq!(found("https://shop.test/"), Some("shop.test:443"));
        assert_eq!(found("http://shop.test/"), None);
    }

    #[test]
    fn an_entry_with_a_star_is_for_all_hosts_below() {
        let hosts = hosts(&["*.s3.test"]);
        let found = |url| found(&hosts, url);
        assert_eq!(found("https://a.s3.test/"), Some("*.s3.test"));
        assert_eq!(found("https://a.b.S3.test/"), Some("*.s3.test"));
        assert_eq!(found("https://s3.test/"), None);
        assert_eq!(found("https://xs3.test/"), None);
        assert_eq!(found("https://.s3.test/"), None);
    }

    #[test]
    fn what_is_no_host_is_refused_with_a_sentence() {
        for wrong in [
            "",
            "*",
            "*.",
            ".",
            "..",
            "*..a",
            "a b",
            "https://a.test",
            "a.test/x",
            "user@a.test",
            "a.test:99999",
            "a.test:",
            "a.*.test",
            "*.a.*.test",
        ] {
            let error = Hosts::default().add([wrong]).unwrap_err();
            assert!(error.to_string().contains("is not a host"), "{wrong}");
        }
    }
}
